// The recorder hands its events over; sending them is its user's. Here: every 5 s, and when the page is left.
import { record } from "rrweb";

const address = new URL("/rrweb", document.currentScript.src);
const events = [];
const take = () => JSON.stringify(events.splice(0));

record({ emit: (event) => events.push(event) });
setInterval(() => events[0] && fetch(address, { method: "POST", body: take() }), 5000);
addEventListener("pagehide", () => navigator.sendBeacon(address, take()));
