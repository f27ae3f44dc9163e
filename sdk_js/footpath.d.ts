/** Commands of the Footpath script: `window.footpath("conversion", "order", { value: 12.5, currency: "EUR" })`. */
export interface Footpath {
  (
    command: "conversion",
    goal: string,
    details?: { value?: number; currency?: string; order_id?: string | number },
  ): void;
  (command: "custom", name: string, props?: Record<string, string | number | boolean>): void;
  (command: "identify", id: string, traits?: Record<string, string | number | boolean>): void;
  (command: "exposure", experiment: string, variant: string | number): void;
  (command: "survey", survey: string, score: number): void;
  (command: "consent", given: boolean): void;
  (command: "page", url?: string): void;
  /** Opens a panel that shows what is captured; also in the console. Absent on the stub. */
  debug?(): void;
  /** Of the running script; absent on the stub. */
  version?: string;
}

/** What the collector knows of a site; README.md has their meaning. */
export interface Settings {
  site: string;
  /** Path or address of the events; relative to the page. */
  endpoint?: string;
  /** What the addresses of the later files begin with: only the debug panel is fetched. */
  files?: string;
  storage?: "local" | "session" | "none";
  gpc?: "off" | "reduced" | "ignore";
  dnt?: "off" | "reduced" | "ignore";
  hash?: boolean;
  query?: string[];
}

/** Starts the script in a page that bundles it. A second call does nothing. */
export function start(settings: Settings): Footpath;

declare global {
  interface Window {
    footpath?: Footpath & { q?: ArrayLike<any>[] };
  }
}
