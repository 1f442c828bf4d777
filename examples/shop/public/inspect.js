// Lets the console (and whoever drives this page) ask what the SDK did: `weft.stats()`, `weft.flush()`.
import { flush, stats } from "/weft/index.js";

window.weft = { stats, flush };
