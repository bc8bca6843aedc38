/** The icons of the page as inline SVG. Each stands beside a text or label, so screen readers skip it. */
const paths = {
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  stop: "M6.5 6.5h11v11h-11z",
  down: "M12 5v14M5.5 12.5 12 19l6.5-6.5",
  up: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  forward: "M5 12h14M12.5 5.5 19 12l-6.5 6.5",
  chevron: "m7 10 5 5 5-5",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  check: "m5 12.5 4.5 4.5L19 7.5",
  retry: "M19 12a7 7 0 1 1-2.1-5M19 4v4h-4",
  close: "M6.5 6.5l11 11m0-11-11 11",
  edit: "M5 19l1-4L16 5l3 3L9 18zM14 7l3 3",
  plus: "M12 5v14M5 12h14",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  trash: "M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12",
  people: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM3.5 19a5.5 5.5 0 0 1 11 0M16 5.5a3 3 0 0 1 0 5.5M17 14a5 5 0 0 1 3.5 5",
  warning: "M12 4.5 21 19.5H3zM12 10.5v4M12 17v.2",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 8v4.5l3 1.5",
  tool: "M14.5 6a4 4 0 0 0-5 5L4 16.5 7.5 20l5.5-5.5a4 4 0 0 0 5-5L15.5 12 12 8.5z",
  clip: "M19 11.5 11.8 18.7a4.3 4.3 0 0 1-6.1-6.1l7.6-7.6a2.9 2.9 0 0 1 4.1 4.1l-7.6 7.6a1.4 1.4 0 0 1-2-2l6.8-6.8",
  camera: "M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4",
  code: "M8.5 7 4 12l4.5 5M15.5 7l4.5 5-4.5 5",
  tabs: "M4 8h11v11H4zM8 8V5h12v11h-5",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}

/** The logo of the page, the same as in favicon.svg. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M9 11h14M9 16h9M9 21h5" />
      <circle cx="22" cy="21" r="2.6" />
    </svg>
  );
}
