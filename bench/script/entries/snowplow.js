// Page views and page pings.
import { enableActivityTracking, newTracker, trackPageView } from "@snowplow/browser-tracker";

newTracker("sp", new URL(document.currentScript.src).origin, { appId: "bench" });
enableActivityTracking({ minimumVisitLength: 5, heartbeatDelay: 10 });
trackPageView();
