// What the collector answers, as `openapi.json` describes it.

export interface Kept {
  sessions: number;
  sessions_forgotten: number;
  bytes: number;
  most_bytes: number;
  events_passed_over: number;
  spool_bytes_passed_over: number;
}

export interface Session {
  application: string;
  id: string;
  previous_id: string | null;
  first_event: string;
  last_event: string;
  duration_ms: number;
  pages: number;
  /** At most: which pages were in one tab is known of some. */
  tabs: number;
  services: string[];
  users: string[];
  routes: string[];
  errors: string[];
  error_count: number;
  vitals: Record<string, number>;
  events: number;
  open: number;
  sent_bytes: number;
  not_seen: number;
  not_kept: number;
}

export interface Sessions {
  sessions: Session[];
  found: number;
  kept: Kept;
}

export type Kind =
  "load" | "view" | "press" | "request" | "server" | "error" | "vital" | "mark" | "jump" | "killed" | "span" | "event";

export interface Lane {
  kind: "page" | "service";
  id: string;
  /** One after the other in one tab, as far as that is known. */
  pages: string[];
  /** The lane with the page that has opened this tab. */
  opened_by: number | null;
}

export interface Happened {
  trace_id: string;
  span_id: string;
  parent_id: string | null;
  /** Null: a server's, which says none. */
  session: string | null;
  kind: Kind;
  name: string;
  label: string;
  lane: number;
  start_ms: number;
  duration_ms: number;
  is_error: boolean;
  number: number | null;
  state: string | null;
  suspended_ms: number | null;
  jump_ms: number | null;
  skew_ms: number | null;
}

export interface Link {
  from: string;
  to: string;
  kinds: string[];
  is_inferred: boolean;
  rule: string | null;
  is_late: boolean;
  from_session: string | null;
  to_session: string | null;
}

export interface Open {
  name: string;
  lane: number;
  page: string;
  number: number;
  start_ms: number;
  seen_ms: number;
  state: string;
}

export interface Hole {
  lane: number;
  page: string;
  after_ms: number;
  first: number;
  count: number;
}

export interface Timeline {
  session: Session;
  lanes: Lane[];
  events: Happened[];
  links: Link[];
  open: Open[];
  holes: Hole[];
}

export interface Pair {
  key: string;
  value: unknown;
}

/** A line of a stack, and what a person wrote where it points to, or why that is not known. */
export interface StackLine {
  text: string;
  original: Original | null;
  unknown: string | null;
}

/** Lines and columns are numbered from one. */
export interface Original {
  source: string;
  line: number;
  column: number;
  first_line: number;
  lines: string[];
  is_library: boolean;
}

export interface Detail {
  name: string;
  service: string;
  attributes: Pair[];
  stack: StackLine[] | null;
  resource: Pair[];
  backend_url: string | null;
  otlp: unknown;
}

export interface CostTable {
  rows: { name: string; events: number; bytes: number }[];
  others: { events: number; bytes: number };
}

/** What is used of a bound. */
export interface Fill {
  bound: string;
  key: string | null;
  of: string | null;
  unit: "values" | "attributes" | "requests" | "bytes";
  used: number;
  most: number;
  percent: number;
  beyond: string;
}

export interface Saved {
  rows: { key: string; verb: string; events: number; bytes: number | null; accepted: number }[];
  accepted: number;
  dropped: number;
  lost_in_browser: number;
}

export interface Costs {
  costs: {
    events: number;
    exported_bytes: number;
    sent_bytes: number;
    by_name: CostTable;
    by_route: CostTable;
    by_attribute: CostTable;
    by_key: CostTable;
  };
  saved: Saved;
  bounds: Fill[];
  kept: Kept;
}

export type Counts = Record<string, number>;

export interface Fates {
  recovered: number;
  accepted: number;
  made_here: Counts;
  delivered: number;
  rejected_by_destination: number;
  dropped: Counts;
  pending: number;
}

export interface LedgerPage {
  application: string;
  received: number;
  accepted: number;
  refused: Counts;
  in_flight: number;
  bodies_refused: Counts;
  reserved_attributes_removed: number;
  sdk_dropped: Counts;
  sdk_reduced: Counts;
  gaps: { not_seen_yet: number; lost_in_browser: number };
  destinations: Record<string, Fates>;
}

export interface Ledger {
  keys: Record<string, LedgerPage>;
  without_key: Counts;
}

/** How long so many requests took. */
export interface Latency {
  requests: number;
  p50_ms: number;
  p95_ms: number;
}

export interface Health {
  destinations: {
    name: string;
    bytes_waiting: number;
    most_bytes: number;
    oldest_age_ms: number | null;
    events_under_way: number;
    requests_repeated: number;
    latency: Latency | null;
    canary: { arrived_ms: number | null; took_ms: number | null; is_late: boolean };
    has_given_way: boolean;
    is_misconfigured: boolean;
  }[];
  canary: { every_ms: number; last_taken_ms: number | null; turned_away: number };
  bounds: { bound: string; destination: string | null; used: number; most: number; percent: number; change: string }[];
  is_draining: boolean;
  explorer: Kept;
  now_ms: number;
}

export interface Block {
  number: number;
  address: string;
  key: string | null;
  reason: string;
  refused: number;
  since_ms: number;
  until_ms: number;
  turned_away: number;
}

export interface Paste {
  keys: { name: string; key: string; origins: string[] }[];
  endpoint: string;
  sdk: string | null;
}

/** How long so many took. */
export interface Percentiles {
  count: number;
  p50_ms: number;
  p95_ms: number;
}

interface Row {
  route?: { path: string; origin: string; known_by: string } | null;
  request?: { method: string; host: string; path: string };
  service?: string;
  name?: string;
  kind?: string;
  count: number;
  errors: number;
  joined_by?: Counts;
  latency?: { request?: Percentiles; service: Percentiles };
  last_seen: string;
  example_trace_id: string;
  cause?: string;
  fix?: string;
}

export interface Connections {
  applications: Record<
    string,
    {
      since: string;
      connections: Row[];
      unconnected: Record<"requests" | "backend_roots" | "backend_spans_without_parent" | "links", Row[]>;
    }
  >;
}

export type ConnectionRow = Row;
