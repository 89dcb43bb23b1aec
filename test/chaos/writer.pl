# Prints "<run> <n>" for n = 1, 2, 3 … and, unless it is killed, "<run> bye <n>" as its last line. A write is whole lines
# and at most PIPE_BUF long, so that a line is never cut. Arguments: lines a second; how many lines at most, of which the
# process chooses (0: for ever); how it ends ("kill", or an exit code); a file, while which exists it is as fast as it can.
use strict;
use warnings;

my ($rate, $most, $end, $flood) = @ARGV;
my $run = $ENV{MEPROC_RUN};
my ($n, $stop) = (0, 0);
$SIG{TERM} = sub { $stop = 1 };
my $lines = $most && 1 + int rand $most;

sub put {
    my ($text) = @_;
    until (defined syswrite STDOUT, $text) { die $! unless $!{EINTR} }
}

until ($stop || $lines && $n >= $lines) {
    my $flooding = $flood && -e $flood;
    my $text = "$run " . ++$n . "\n";
    while ($flooding && length $text < 4000) { $text .= "$run " . ++$n . "\n" }
    put $text;
    select undef, undef, undef, 1 / $rate unless $flooding;
}
put "$run bye $n\n";
exit 0 if $stop;
kill KILL => $$ if $end eq "kill";
exit $end;
