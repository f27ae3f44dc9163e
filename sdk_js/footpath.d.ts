/** Commands of the Footpath script: `window.footpath("conversion", "order", { value: 12.5, currency: "EUR" })`. */
export interface Footpath {
  (
    command: "conversion",
    goal: string,
    details?: { value?: number; currency?: string; order_id?: string | number },
  ): void;
  (command: "custom", name: string, props?: Record<string, string | number | boolean>): void;
  (command: "consent", given: boolean): void;
  (command: "page", url?: string): void;
  /** Of the running script; absent on the stub. */
  version?: string;
}

declare global {
  interface Window {
    footpath?: Footpath & { q?: ArrayLike<any>[] };
  }
}
