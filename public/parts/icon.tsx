/** The page's icons: 16 by 16 strokes in the text's colour, always beside or inside something labelled. */

const PATHS = {
  chevron: "M6 3.5 10.5 8 6 12.5",
  plus: "M8 3v10M3 8h10",
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13 2.2v2.6h-2.6",
  start: "M5 3.2v9.6L12.6 8z",
  stop: "M4.2 4.2h7.6v7.6H4.2z",
  remove: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M6.8 7v3.6M9.2 7v3.6",
  output: "M2.2 3.2h11.6v9.6H2.2zM4.8 6.2 6.8 8l-2 1.8M8.4 10h2.8",
  close: "m4 4 8 8M12 4l-8 8",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14",
  warning: "M8 2.2 14.4 13.4H1.6zM8 6.6v3.2M8 11.6v.2",
  done: "m3.2 8.4 3.2 3.2 6.4-7",
  download: "M8 2.5v8M4.8 7.4 8 10.6l3.2-3.2M3 13.4h10",
  down: "M8 3v9.6M4 8.8l4 4 4-4",
  filter: "M2.2 3.4h11.6L9.4 8.6v4.2l-2.8-1.4V8.6z",
  around: "M3 3.5h10M3 12.5h10M3 8h4.5M11 8H8.8M10.2 6.2 12 8l-1.8 1.8",
  up: "M8 13V3.4M4 7.2l4-4 4 4",
  bell: "M8 2.2a4 4 0 0 0-4 4V9l-1.2 2.2h10.4L12 9V6.2a4 4 0 0 0-4-4zM6.6 13.4h2.8",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
