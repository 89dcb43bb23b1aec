/** A reading for as long as a component stands. */
import { useEffect, useState } from "preact/hooks";
import type { Reading } from "../../output/reading.ts";

/** Begins anew with each `attempt`; null before the first. `tell` is given what is read at the moment. */
export function useReading(
  make: () => Reading,
  attempt: number,
  tell: (reading: Reading | null) => void,
): Reading | null {
  const [reading, setReading] = useState<Reading | null>(null);
  useEffect(() => {
    const next = make();
    setReading(next);
    tell(next);
    return () => {
      next.stop();
      tell(null);
    };
  }, [attempt]);
  return reading;
}
