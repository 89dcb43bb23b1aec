/** Draws at most once a frame; and when drawing was slow, leaves the page as much time as it took. */

export type Pace = { request: () => void; stop: () => void };

const SLOW_MS = 40;

export function createPace(draw: () => void): Pace {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: "idle" | "asked" | "drawn" | "drawn, asked again" | "stopped" = "idle";

  const run = () => {
    const began = performance.now();
    state = "drawn";
    draw();
    // By the next frame what was drawn is on the screen: that is what it took.
    frame = requestAnimationFrame(() => {
      const took = performance.now() - began;
      timer = setTimeout(rested, took > SLOW_MS ? took : 0);
    });
  };
  const rested = () => {
    const again = state === "drawn, asked again";
    state = "idle";
    if (again) request();
  };
  const request = () => {
    if (state === "drawn") state = "drawn, asked again";
    if (state !== "idle") return;
    state = "asked";
    frame = requestAnimationFrame(run);
  };

  return {
    request,
    stop: () => {
      state = "stopped";
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    },
  };
}
