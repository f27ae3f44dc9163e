// Page views, page pings, clicks on links, and forms.
import { enableFormTracking, FormTrackingPlugin } from "@snowplow/browser-plugin-form-tracking";
import {
  enableLinkClickTracking,
  LinkClickTrackingPlugin,
} from "@snowplow/browser-plugin-link-click-tracking";
import { enableActivityTracking, newTracker, trackPageView } from "@snowplow/browser-tracker";

newTracker("sp", new URL(document.currentScript.src).origin, {
  appId: "bench",
  plugins: [LinkClickTrackingPlugin(), FormTrackingPlugin()],
});
enableActivityTracking({ minimumVisitLength: 5, heartbeatDelay: 10 });
enableLinkClickTracking();
enableFormTracking();
trackPageView();
