/** Times that tick: how long something lasts, how far away it is. The exact time is in the tooltip. */
import { useTicking } from "../state/clock.ts";
import { distance, duration } from "../words/duration.ts";
import { moment } from "../words/moment.ts";

/** "3m 12s": how long it is since. */
export function Lasting({ since }: { since: string }) {
  const time = Date.parse(since);
  const text = useTicking((now) => duration(now - time));
  return (
    <time dateTime={since} title={`since ${moment(since)}`}>
      {text}
    </time>
  );
}

/** "in 34s", "2m 10s ago". */
export function Distance({ at }: { at: string }) {
  const time = Date.parse(at);
  const text = useTicking((now) => distance(time, now));
  return (
    <time dateTime={at} title={moment(at)}>
      {text}
    </time>
  );
}
