//! Which layer may name which: `http → api → slice::graphql → slice::service → slice::store → db::schema`.

/// One per noun family. `health` has the shape of one; everything else beside the top is floor.
const SLICES: [&str; 17] = [
    "accounts",
    "ai",
    "background",
    "chat",
    "datasets",
    "health",
    "legislation",
    "linguistics",
    "logs",
    "media",
    "models",
    "notebooks",
    "pages",
    "predictions",
    "processing",
    "search",
    "text",
];
/// What puts the slices together, and may name anything except as below.
const TOP: [&str; 6] = ["lib", "main", "cli", "http", "api", "work"];
/// The one place where the floor names slices: it compiles their stores.
const EXCEPTION: &str = "db/stores.rs";

/// The rules that `path` breaks in `file`.
pub fn violations(file: &str, path: &str) -> impl Iterator<Item = &'static str> {
    let parts: Vec<&str> = path.split("::").collect();
    let place = Place::of(file);
    let (own, head) = match parts.as_slice() {
        ["crate", head, ..] => (true, *head),
        [head, ..] => (false, *head),
        [] => (false, ""),
    };
    let inner = parts.get(2).copied().unwrap_or_default();
    let is = |set: &[&str]| set.contains(&head);

    let floor = place.floor
        && own
        && ((SLICES.contains(&head) && head != "logs") || is(&["api", "http", "work"]));
    let slice = place.slice && own && is(&["api", "http", "work"]);
    let resolver = place.resolver
        && ((!own && is(&["diesel", "diesel_async", "diesel_migrations"]))
            || (own && head == "db" && matches!(inner, "schema" | "query" | "commit")));
    let service = place.service && !own && is(&["async_graphql"]);
    let store = place.store
        && ((!own && is(&["async_graphql", "axum", "tokio"]))
            || (own && is(&["app", "events", "presence", "config"]))
            || (own && head == "graphql" && inner != "paging")
            || (own && matches!(inner, "service" | "graphql") && SLICES.contains(&head)));
    let http = place.http && own && head == "db";
    [
        (floor, "the floor knows no slice and nothing above it"),
        (slice, "a slice knows neither http nor api"),
        (resolver, "a resolver holds no SQL"),
        (service, "a service holds no GraphQL type"),
        (store, "a store holds SQL and nothing else"),
        (http, "http asks services, not the database"),
    ]
    .into_iter()
    .filter_map(|(broken, rule)| broken.then_some(rule))
}

/// What a file is.
struct Place {
    floor: bool,
    slice: bool,
    resolver: bool,
    service: bool,
    store: bool,
    http: bool,
}

impl Place {
    fn of(file: &str) -> Self {
        let parts: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
        let top = parts.first().copied().unwrap_or_default();
        let slice = SLICES.contains(&top);
        let has = |test: fn(&str) -> bool| slice && parts.iter().skip(1).any(|part| test(part));
        Self {
            floor: !slice && !TOP.contains(&top) && file != EXCEPTION,
            slice,
            resolver: has(|part| part.starts_with("graphql")),
            service: has(|part| part.starts_with("service")),
            // The floor has stores as well: those of the keyring and of jobs.
            store: file != EXCEPTION && parts.iter().skip(1).any(|part| part.ends_with("store")),
            http: top == "http",
        }
    }
}
