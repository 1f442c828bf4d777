// @weft/browser/capture: what can be captured, each by itself.

export { captureConsole } from "./capture/console";
export { captureErrors } from "./capture/error";
export { captureFetch } from "./capture/fetch";
export { captureFrustration } from "./capture/frustration";
export { captureClicks, captureKeys, captureSubmits } from "./capture/interaction";
export { captureLifecycle } from "./capture/lifecycle";
export { captureLongTasks } from "./capture/longtask";
export { captureResources } from "./capture/resource";
export { captureRoutes } from "./capture/route";
export { captureSoftNavigations } from "./capture/soft-navigation";
export { captureStreams } from "./capture/stream";
export { captureVitals } from "./capture/vitals";
export { captureXhr } from "./capture/xhr";
export { followCallbacks, type Followed } from "./causes";
export { basic, type Capture } from "./capture";
