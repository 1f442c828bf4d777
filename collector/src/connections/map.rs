//! The map of one application: ends come in any order, meet or are waited for, and are counted.

use std::hash::BuildHasherDefault;

use hashlink::LruCache;

use super::{
    end::{Asked, Led, Request, Route, SeenSpans, Served},
    key::{By, Key, Meets},
    passed::Passed,
    ranking::Ranking,
    recent::Recent,
};
use crate::hashed::Hashed;

/// Everything that is known of one application's connections.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) began_ms: u64,
    routes: Routes,
    pub(super) asked: Recent<Asked>,
    pub(super) served: Recent<Served>,
    pub(super) led: Recent<Led>,
    pub(super) passed: Passed,
    pub(super) connections: Ranking<Connection>,
    pub(super) requests: Ranking<Unanswered>,
    pub(super) roots: Ranking<Work>,
    pub(super) orphans: Ranking<(Work, bool)>,
    pub(super) links: Ranking<Box<str>>,
    /// Ends that met nothing, of which it could not be told that there was nothing to meet.
    pub(super) not_judged: u64,
    /// Ends, and links, that were pushed out while they waited.
    pub(super) pushed_out: u64,
}

/// What is shown in places, the latest.
type Routes = LruCache<Key, Route, BuildHasherDefault<Hashed>>;

/// A route, what it asks for, and who serves that.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Connection {
    pub(super) route: Option<Route>,
    pub(super) request: Request,
    pub(super) service: Box<str>,
}

/// A request that no backend's span is known of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unanswered {
    pub(super) route: Option<Route>,
    pub(super) request: Request,
    pub(super) why: Why,
}

/// What a service does, as it calls it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub(super) struct Work {
    pub(super) service: Box<str>,
    pub(super) name: Box<str>,
}

/// What is known of a request that met nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Why {
    /// Whether it went to another origin than the page's. `None`: it is not known which page that was.
    pub(super) leaves_origin: Option<bool>,
    pub(super) is_answered: bool,
    /// A backend's span is in its trace, under another parent.
    pub(super) shares_trace: bool,
}

/// Ends, and links, that wait at once: what 40 requests in a second come to, or 400 that are waited for a minute.
const MOST_RECENT: usize = 25_000;
const MOST_LED: usize = 5_000;

/// Views and sessions whose routes are known.
const MOST_ROUTES: usize = 10_000;

/// Rows of the map, and of each list of what is not connected.
const MOST_CONNECTIONS: usize = 1_000;
const MOST_LONE: usize = 500;

/// For so long one end waits for the other: a page sends within minutes, or is offline.
pub(super) const WAIT_MS: u64 = 10 * 60 * 1_000;

/// What came so soon after the beginning may belong to what came before it.
const MARGIN_MS: u64 = 60 * 1_000;

impl Map {
    pub(super) fn new(now_ms: u64) -> Self {
        Self {
            began_ms: now_ms,
            routes: LruCache::with_hasher(MOST_ROUTES, BuildHasherDefault::default()),
            asked: Recent::new(MOST_RECENT),
            served: Recent::new(MOST_RECENT),
            led: Recent::new(MOST_LED),
            passed: Passed::default(),
            connections: Ranking::new(MOST_CONNECTIONS),
            requests: Ranking::new(MOST_LONE),
            roots: Ranking::new(MOST_LONE),
            orphans: Ranking::new(MOST_LONE),
            links: Ranking::new(MOST_LONE),
            not_judged: 0,
            pushed_out: 0,
        }
    }

    /// What is shown in `place`.
    pub(super) fn route(&mut self, place: Key, route: Route) {
        self.routes.insert(place, route);
    }

    /// A span has passed.
    pub(super) fn pass(&mut self, span: Key, at_ms: u64) {
        self.passed.put(span, at_ms);
    }

    pub(super) fn see(&mut self, at_ms: u64, seen: SeenSpans) {
        seen.spans.into_iter().for_each(|span| self.pass(span, at_ms));
        seen.routes.into_iter().for_each(|(place, route)| self.route(place, route));
        seen.asked.into_iter().for_each(|(meets, asked)| self.ask(at_ms, meets, asked));
        seen.served.into_iter().for_each(|(meets, served)| self.serve(at_ms, meets, served));
        seen.led.into_iter().for_each(|led| self.lead(at_ms, led));
    }

    pub(super) fn ask(&mut self, at_ms: u64, meets: Meets, mut asked: Asked) {
        for (by, key) in meets.all() {
            let Some(served) = self.served.get(key) else { continue };
            if by == By::Trace {
                (asked.shares_trace, served.shares_trace) = (true, true);
                continue;
            }
            (asked.is_joined, served.is_joined) = (true, true);
            let route = route_of(&mut self.routes, &asked);
            connect(&mut self.connections, at_ms, route, &asked, served, by);
            break;
        }
        match self.asked.put(at_ms, meets, asked) {
            // A backend sends within seconds: where there is much to wait for, that has to do.
            Some((came_ms, asked)) if came_ms + MARGIN_MS <= at_ms => self.judge_asked(came_ms, asked),
            pushed_out => self.pushed_out += u64::from(pushed_out.is_some()),
        }
    }

    pub(super) fn serve(&mut self, at_ms: u64, meets: Meets, mut served: Served) {
        for (by, key) in meets.all() {
            let Some(asked) = self.asked.get(key) else { continue };
            if by == By::Trace {
                (asked.shares_trace, served.shares_trace) = (true, true);
                continue;
            }
            (asked.is_joined, served.is_joined) = (true, true);
            let route = route_of(&mut self.routes, asked);
            connect(&mut self.connections, at_ms, route, asked, &served, by);
            break;
        }
        self.pushed_out += u64::from(self.served.put(at_ms, meets, served).is_some());
    }

    /// A link leads elsewhere.
    pub(super) fn lead(&mut self, at_ms: u64, led: Led) {
        if !self.passed.has(led.target) {
            self.pushed_out += u64::from(self.led.put(at_ms, Meets::default(), led).is_some());
        }
    }

    /// What has waited long enough is judged.
    pub(super) fn judge(&mut self, now_ms: u64) {
        let due = now_ms.saturating_sub(WAIT_MS);
        while let Some((came_ms, asked)) = self.asked.pop_before(due) {
            self.judge_asked(came_ms, asked);
        }
        while let Some((came_ms, served)) = self.served.pop_before(due) {
            self.judge_served(came_ms, &served);
        }
        while let Some((came_ms, led)) = self.led.pop_before(due) {
            self.judge_led(came_ms, led);
        }
    }

    fn judge_asked(&mut self, came_ms: u64, asked: Asked) {
        if asked.is_joined {
            return;
        }
        if let Some(led) = asked.rendered_by {
            return self.judge_led(came_ms, led);
        }
        if asked.is_late || !self.reaches(self.began_ms, came_ms) {
            self.not_judged += 1;
            return;
        }
        let route = route_of(&mut self.routes, &asked);
        let leaves_origin = route.as_ref().map(|route| route.origin != asked.origin);
        let why = Why { leaves_origin, is_answered: asked.is_answered, shares_trace: asked.shares_trace };
        let of = Unanswered { route, request: asked.request, why };
        self.requests.count(of, came_ms, asked.trace_id, asked.is_error);
    }

    fn judge_served(&mut self, came_ms: u64, served: &Served) {
        if served.is_joined || served.parent.is_some_and(|parent| self.passed.has(parent)) {
            return;
        }
        let since_ms = if served.parent.is_some() { self.passed.since_ms() } else { self.began_ms };
        if !self.reaches(since_ms, came_ms) {
            self.not_judged += 1;
            return;
        }
        let work = Work { service: served.service.as_ref().into(), name: served.name.clone() };
        let (trace_id, is_error) = (served.trace_id, served.is_error);
        match served.parent {
            None => self.roots.count(work, came_ms, trace_id, is_error),
            Some(_) => self.orphans.count((work, served.shares_trace), came_ms, trace_id, is_error),
        };
    }

    fn judge_led(&mut self, came_ms: u64, led: Led) {
        match () {
            () if self.passed.has(led.target) => {}
            () if self.reaches(self.passed.since_ms(), came_ms) => {
                self.links.count(led.kind, came_ms, led.trace_id, false);
            }
            () => self.not_judged += 1,
        }
    }

    /// Whether what would have come with it could not have come before `since_ms`.
    fn reaches(&self, since_ms: u64, came_ms: u64) -> bool {
        came_ms >= since_ms.max(self.began_ms) + MARGIN_MS
    }
}

fn connect(
    connections: &mut Ranking<Connection>,
    at_ms: u64,
    route: Option<Route>,
    asked: &Asked,
    served: &Served,
    by: By,
) {
    let of = Connection { route, request: asked.request.clone(), service: served.service.as_ref().into() };
    let is_error = asked.is_error || served.is_error;
    let row = connections.count(of, at_ms, asked.trace_id, is_error);
    if let Some(count) = row.by.get_mut(by as usize) {
        *count += 1;
    }
    let [request, service] = &mut row.took;
    asked.took_ns.into_iter().for_each(|took_ns| request.add(took_ns));
    service.add(served.took_ns);
}

fn route_of(routes: &mut Routes, asked: &Asked) -> Option<Route> {
    routes.get(&asked.place?).cloned()
}
