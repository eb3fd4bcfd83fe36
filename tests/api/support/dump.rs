//! What the database holds, row by row, as no client sees it.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use pluma::db::Db;

use super::TestApp;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl TestApp {
    /// What a query gives whose one column is a text called `line`.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        let sql = sql.to_owned();
        let lines = match &self.app().db {
            Db::Sqlite(pool) => {
                let run = pool.read(move |conn| {
                    Box::pin(async move { Ok(diesel::sql_query(sql).load::<Line>(conn).await?) })
                });
                run.await
            }
            Db::Postgres(pool) => {
                let run = pool.read(move |conn| {
                    Box::pin(async move { Ok(diesel::sql_query(sql).load::<Line>(conn).await?) })
                });
                run.await
            }
        };
        lines.unwrap().into_iter().map(|line| line.line).collect()
    }

    /// The names of all tables. Those of FTS5 follow `search_documents`.
    pub async fn tables(&self) -> Vec<String> {
        let sql = match &self.app().db {
            Db::Sqlite(_) => {
                "SELECT name AS line FROM sqlite_master WHERE type = 'table'
                 AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' AND name NOT LIKE 'search_index%' ORDER BY name"
            }
            Db::Postgres(_) => {
                "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'
                 AND tablename NOT LIKE '\\_\\_%' ORDER BY tablename"
            }
        };
        self.lines(sql).await
    }

    /// Every row of a table, sorted; bytes in hexadecimal digits.
    pub async fn dump(&self, table: &str) -> Vec<String> {
        let sql = match &self.app().db {
            Db::Sqlite(_) => {
                let columns = self
                    .lines(&format!(
                        "SELECT name AS line FROM pragma_table_info('{table}')"
                    ))
                    .await;
                let columns = columns
                    .iter()
                    .map(|name| format!("'{name}=' || quote({name})"));
                let columns: Vec<_> = columns.collect();
                format!(
                    "SELECT {} AS line FROM {table}",
                    columns.join(" || ' ' || ")
                )
            }
            Db::Postgres(_) => format!("SELECT t::text AS line FROM {table} t"),
        };
        let mut rows = self.lines(&sql).await;
        rows.sort();
        rows
    }
}
