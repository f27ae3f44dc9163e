/** What the collector writes into the last parenthesis of the built file. */
declare const SETTINGS: Partial<import("./settings.js").Settings>;
/** Written by the build. */
declare const VERSION: string;

interface Document {
  prerendering?: boolean;
}

interface Navigator {
  globalPrivacyControl?: boolean;
}

interface PerformanceNavigationTiming {
  activationStart?: number;
}

interface Window {
  Temporal?: unknown;
}
declare const Temporal: { Now: { timeZoneId(): string } };
