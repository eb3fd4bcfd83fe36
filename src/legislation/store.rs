//! SQL of bills.

use diesel::prelude::*;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;

use super::{Backend, Conn, transaction};
use crate::db::schema::propositions as bills;
use crate::error::Result;
use crate::id::PropositionId;
use crate::legislation::Proposition;
use crate::remote::legislative::Wanted;

/// Keeps what was read, under the ids that the bills have already; gives them as they are kept.
pub async fn keep(conn: &mut Conn, read: Vec<Proposition>) -> Result<Vec<Proposition>> {
    transaction!(conn, {
        let ids: Vec<String> = read.iter().map(|bill| bill.external_id.clone()).collect();
        for bill in &read {
            let insert = diesel::insert_into(bills::table).values(bill);
            let insert = insert.on_conflict(bills::external_id).do_update();
            let told = (
                bills::kind.eq(excluded(bills::kind)),
                bills::number.eq(excluded(bills::number)),
                bills::year.eq(excluded(bills::year)),
                bills::summary.eq(excluded(bills::summary)),
                bills::search_key.eq(excluded(bills::search_key)),
                bills::fetched_at.eq(excluded(bills::fetched_at)),
            );
            // A list says nothing of the rest.
            if bill.details_at.is_none() {
                insert.set(told).execute(conn).await?;
            } else {
                let details = (
                    bills::authors.eq(excluded(bills::authors)),
                    bills::status.eq(excluded(bills::status)),
                    bills::presented_on.eq(excluded(bills::presented_on)),
                    bills::url.eq(excluded(bills::url)),
                    bills::votes.eq(excluded(bills::votes)),
                    bills::details_at.eq(excluded(bills::details_at)),
                );
                insert.set((told, details)).execute(conn).await?;
            }
        }
        list_external(conn, ids).await
    })
}

/// The bills of these ids at the source, in that order.
pub async fn list_external(conn: &mut Conn, ids: Vec<String>) -> Result<Vec<Proposition>> {
    let mut found: Vec<Proposition> = bills::table
        .filter(bills::external_id.eq_any(&ids))
        .select(Proposition::as_select())
        .load(conn)
        .await?;
    found.sort_by_key(|bill| ids.iter().position(|id| *id == bill.external_id));
    Ok(found)
}

/// The bill of that id.
pub async fn find(conn: &mut Conn, id: PropositionId) -> Result<Option<Proposition>> {
    let found = bills::table
        .find(id)
        .select(Proposition::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// The bill of that id at the source.
pub async fn find_external(conn: &mut Conn, external_id: String) -> Result<Option<Proposition>> {
    let found = bills::table
        .filter(bills::external_id.eq(external_id))
        .select(Proposition::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// Bills that are kept, the newest first; every folded word of the query stands in them.
pub async fn search(
    conn: &mut Conn,
    wanted: Wanted,
    offset: i64,
    limit: i64,
) -> Result<Vec<Proposition>> {
    let mut query: bills::BoxedQuery<'static, Backend> = bills::table.into_boxed();
    if let Some(kind) = wanted.kind {
        query = query.filter(bills::kind.eq(kind));
    }
    if let Some(number) = wanted.number {
        query = query.filter(bills::number.eq(number));
    }
    if let Some(year) = wanted.year {
        query = query.filter(bills::year.eq(year));
    }
    for word in wanted
        .query
        .iter()
        .flat_map(|words| words.split_whitespace())
    {
        let escaped = word
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let like = bills::search_key.like(format!("%{escaped}%"));
        query = query.filter(like.escape('\\'));
    }
    let found = query
        .order((bills::year.desc(), bills::number.desc(), bills::id.desc()))
        .offset(offset)
        .limit(limit)
        .select(Proposition::as_select())
        .load(conn)
        .await?;
    Ok(found)
}
