// Page views, engagement, outbound links, files, forms.
import { init } from "@plausible-analytics/tracker";

init({
  domain: "bench",
  endpoint: new URL("/api/event", document.currentScript.src).href,
  captureOnLocalhost: true,
  outboundLinks: true,
  fileDownloads: true,
  formSubmissions: true,
});
