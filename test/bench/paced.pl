# Prints lines of 100 bytes, each with its number, at a given pace. Arguments: bytes a second, seconds, a tag of five letters.
use strict;
use warnings;
use Time::HiRes qw(time sleep);

my ($pace, $seconds, $tag) = @ARGV;
my $most = int($pace * $seconds / 100);
my $rest = "." x 82;
my ($n, $begin) = (0, time);

while ($n < $most) {
    my $due = int((time - $begin) * $pace / 100);
    $due = $most if $due > $most;
    while ($n < $due) {
        my $last = $n + 600 < $due ? $n + 600 : $due;
        my $text = join "", map { sprintf "%s %011d%s\n", $tag, $_, $rest } $n + 1 .. $last;
        for (my $at = 0; $at < length $text;) {
            my $count = syswrite STDOUT, $text, length($text) - $at, $at;
            die $! unless defined $count || $!{EINTR};
            $at += $count // 0;
        }
        $n = $last;
    }
    sleep 0.005;
}
