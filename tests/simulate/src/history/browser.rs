//! A person with our SDK: a browser with tabs that stay open for weeks, sleep, are discarded, crash, and come back.

use support::random::Random;
use weft_proto::LinkKinds;

use super::{
    Backend, Body, History,
    frames::Told,
    session::Session,
    tab::{Deed, INTERACTION, MARK, Orphan, PAGE_LOAD, PLAIN, Tab, Trail, VIEW},
};
use crate::{
    network::{DAY, MINUTE, SECOND},
    sampling::Rate,
    truth::{Id, Rule},
};

/// OTLP's numbers of two kinds of spans.
const INTERNAL: u8 = 1;
const CLIENT: u8 = 3;

/// A browser.
struct Browser {
    tabs: Vec<Tab>,
    /// What lies in the journal of pages that are gone.
    orphans: Vec<Orphan>,
    /// What discarded and crashed pages left in their tabs.
    trails: Vec<Trail>,
    session: Option<Session>,
    /// Chain of the cart, and its name.
    cart: Option<(usize, String)>,
    now: u64,
    /// How far the clock of the device is ahead; negative: behind.
    ahead_ms: i64,
    /// What pages that begin say of sampling.
    rate: Rate,
}

/// One device in so many has a clock that is some minutes wrong.
const WRONG_CLOCK: u64 = 15;

/// All visits of a person.
pub(super) fn live(history: &mut History, random: &mut Random, visits: &[u64], rate: Rate) {
    let wrong = random.below(20 * MINUTE) as i64 - 10 * MINUTE as i64;
    let ahead_ms = if random.once_in(WRONG_CLOCK) { wrong } else { 0 };
    let mut browser = Browser {
        tabs: Vec::new(),
        orphans: Vec::new(),
        trails: Vec::new(),
        session: None,
        cart: None,
        now: 0,
        ahead_ms,
        rate,
    };
    for start in visits {
        browser.visit(history, random, *start);
    }
}

impl Browser {
    fn visit(&mut self, history: &mut History, random: &mut Random, start: u64) {
        let slept = start.saturating_sub(self.now);
        self.now = start;
        self.tabs.iter_mut().for_each(Tab::woke);
        if slept > 2 * DAY && random.once_in(3) {
            // The browser has discarded a tab: whoever looks at it gets a document that stands in for it.
            let discarded = (!self.tabs.is_empty()).then(|| self.pick(random)).map(|at| self.tabs.remove(at));
            self.trails.extend(discarded.and_then(|tab| tab.trail));
        }
        for _ in 0..2 + random.below(6) {
            self.now += SECOND + random.below(40 * SECOND);
            let at = self.look_at_one(history, random);
            self.act(history, random, at);
            if random.once_in(3) {
                self.flush(history, random, at);
            }
        }
        self.leave(history, random);
    }

    /// A tab to go on in: mostly an old one, else a new one.
    fn look_at_one(&mut self, history: &mut History, random: &mut Random) -> usize {
        if !self.tabs.is_empty() && self.trails.is_empty() && !random.once_in(6) {
            return self.pick(random);
        }
        let mut links = Vec::new();
        if let Some(Trail { load, root }) = self.trails.pop() {
            links.push((LinkKinds::RESTORED, "restored", load));
            if load != root {
                links.push((LinkKinds::RESTORED, "restored", root));
            }
        } else if !self.tabs.is_empty() && random.once_in(2) {
            let opener = self.pick(random);
            let root = self.tabs.get(opener).and_then(|tab| tab.trail).map(|trail| trail.root);
            links.extend(root.map(|root| (LinkKinds::OPENER, "opener", root)));
        }
        let rendered = Backend::render(history, random, self.now);
        links.extend(rendered.map(|(name, id)| (LinkKinds::SERVER, name, Some(id))));
        self.tabs.push(Tab::new(random, self.ahead_ms, self.rate.at(self.now)));
        let at = self.tabs.len() - 1;
        let name = "browser.page_load";
        self.does(
            history,
            random,
            at,
            Deed { name, role: PAGE_LOAD, lasts_ms: 800, links, ..Deed::default() },
        );
        if self.tabs.get(at).is_some_and(Tab::looks_for_others) {
            self.replay(history, random);
        }
        at
    }

    /// A new page sends what those that are gone have left, unless it is too old.
    fn replay(&mut self, history: &mut History, random: &mut Random) {
        let now = self.now;
        for Orphan { written_ms, sealed, events } in std::mem::take(&mut self.orphans) {
            let at = now.max(written_ms + 2 * MINUTE) + random.below(2 * SECOND);
            if at - written_ms < 6 * DAY {
                history.send(random, at, Body::Sealed(sealed.into()), events);
            }
        }
    }

    /// A click, and what it leads to.
    fn act(&mut self, history: &mut History, random: &mut Random, at: usize) {
        let click = Deed { name: "browser.user_action.click", role: INTERACTION, ..Deed::default() };
        let (click, _) = self.does(history, random, at, click);
        let caused = |name| Deed { name, cause: Some(click), ..Deed::default() };
        match random.below(10) {
            0..4 => self.request(history, random, at, click),
            4 => _ = self.does(history, random, at, Deed { role: VIEW, ..caused("browser.view") }),
            5..7 => self.fill_cart(history, random, at, click),
            7 => self.work(history, random, at, click),
            8 => self.compare(history, random, at, click),
            _ => {
                let name = "weft.clock.jump";
                self.does(history, random, at, Deed { name, role: MARK, ..Deed::default() });
            }
        }
    }

    /// A request to the backend, which goes on with its trace, or knows only the id of the request.
    fn request(&mut self, history: &mut History, random: &mut Random, at: usize, click: u64) {
        let name = format!("{:032x}", u128::from_be_bytes(random.bytes()));
        let (key, list) = match random.below(2) {
            0 => ("http.request.header.x-request-id", Told::List(name.clone())),
            _ => ("http.response.header.x-request-id", Told::Text(name.clone())),
        };
        let attributes = vec![("http.request.method", Told::Text("POST".to_owned())), (key, list)];
        let (cause, kind) = (Some(click), CLIENT);
        let deed = Deed { name: "POST", kind, cause, lasts_ms: 120, attributes, ..Deed::default() };
        let (_, id) = self.does(history, random, at, deed);
        let is_kept = self.tabs.get(at).is_some_and(Tab::is_kept);
        Backend::serve(history, random, id, self.now, &name, is_kept);
    }

    /// What the rule `cart` links, in whichever tab it happens.
    fn fill_cart(&mut self, history: &mut History, random: &mut Random, at: usize, click: u64) {
        if self.cart.is_none() || random.once_in(8) {
            let chain = history.truth.chain(Rule::Cart);
            self.cart = Some((chain, format!("c{chain}")));
        }
        let Some((chain, cart)) = self.cart.clone() else { return };
        let attributes = vec![("cart.id", Told::Text(cart))];
        let deed = Deed { name: "cart.added", cause: Some(click), attributes, ..Deed::default() };
        let (_, id) = self.does(history, random, at, deed);
        if self.tabs.get(at).is_some_and(Tab::is_kept) {
            history.truth.follows(chain, id.1, 0);
        }
    }

    /// A span with one inside it, and one that goes on when it has ended.
    fn work(&mut self, history: &mut History, random: &mut Random, at: usize, click: u64) {
        let outer = Deed { name: "checkout", cause: Some(click), lasts_ms: 300, ..Deed::default() };
        let (outer, _) = self.does(history, random, at, outer);
        let within = Some((outer, outer));
        let inner = Deed { name: "validate", within, lasts_ms: 20, ..Deed::default() };
        self.does(history, random, at, inner);
        let longer =
            Deed { name: "confirm", within, outlives_parent: true, lasts_ms: 900, ..Deed::default() };
        self.does(history, random, at, longer);
    }

    /// A link of a kind of the app's own, to what happened last in another tab.
    fn compare(&mut self, history: &mut History, random: &mut Random, at: usize, click: u64) {
        let other = self.pick(random);
        let root = self.tabs.get(other).filter(|_| other != at).and_then(|tab| tab.trail);
        let links = root.map(|trail| (LinkKinds::NAMED, "compares", trail.root)).into_iter().collect();
        self.does(
            history,
            random,
            at,
            Deed { name: "compare", cause: Some(click), links, ..Deed::default() },
        );
    }

    /// People leave tabs open, mostly. Some close them, and some browsers die.
    fn leave(&mut self, history: &mut History, random: &mut Random) {
        self.now += SECOND;
        let mut stays = Vec::new();
        for mut tab in std::mem::take(&mut self.tabs) {
            let fate = random.below(20);
            if fate == 0 && (tab.has_unsealed() || !tab.is_kept()) {
                self.trails.extend(tab.trail.filter(|_| random.once_in(2)));
                self.orphans.extend(tab.crash(self.now));
                continue;
            }
            tab.flush(history, random, self.now);
            if fate < 14 {
                stays.push(tab);
            }
        }
        self.tabs = stays;
    }

    fn does(&mut self, history: &mut History, random: &mut Random, at: usize, deed: Deed<'_>) -> (u64, Id) {
        self.now += 3 + random.below(9);
        let kind = if deed.kind == 0 { INTERNAL } else { deed.kind };
        let deed = Deed { at_ms: self.now, kind, role: deed.role | PLAIN, ..deed };
        let tab = self.tabs.get_mut(at);
        tab.map(|tab| tab.record(history, random, &mut self.session, &deed)).unwrap_or_default()
    }

    fn flush(&mut self, history: &mut History, random: &mut Random, at: usize) {
        if let Some(tab) = self.tabs.get_mut(at) {
            tab.flush(history, random, self.now);
        }
    }

    fn pick(&self, random: &mut Random) -> usize {
        usize::try_from(random.below(self.tabs.len() as u64)).unwrap_or(0)
    }
}
