//! The first rows of each parent in one statement, for connections inside of lists.
//!
//! Ours, because diesel has no subquery in `FROM`: the rows that `filter` lets through are numbered
//! within their parent by a window function, and each parent keeps its first `limit`.

use diesel::backend::Backend;
use diesel::expression::Expression;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};

/// The statement. `table` is both what is read and the name under which `selection` sees the rows.
pub struct TopOfEach<Selection, Filter> {
    /// What to read of each row, in terms of the table.
    pub selection: Selection,
    /// Which rows count, in terms of the table.
    pub filter: Filter,
    /// The table's name.
    pub table: &'static str,
    /// The column that holds the parent.
    pub parent: &'static str,
    /// The columns that order the rows of a parent.
    pub order: &'static [&'static str],
    /// Whether the order is a falling one.
    pub descending: bool,
    /// How many rows each parent keeps.
    pub limit: i64,
}

impl<Selection, Filter> TopOfEach<Selection, Filter> {
    fn push_order<DB: Backend>(&self, out: &mut AstPass<'_, '_, DB>) -> QueryResult<()> {
        for (i, column) in self.order.iter().enumerate() {
            if i > 0 {
                out.push_sql(", ");
            }
            out.push_identifier(column)?;
            if self.descending {
                out.push_sql(" DESC");
            }
        }
        Ok(())
    }
}

impl<DB, Selection, Filter> QueryFragment<DB> for TopOfEach<Selection, Filter>
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
    Selection: QueryFragment<DB>,
    Filter: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        self.selection.walk_ast(out.reborrow())?;
        out.push_sql(" FROM (SELECT *, row_number() OVER (PARTITION BY ");
        out.push_identifier(self.parent)?;
        out.push_sql(" ORDER BY ");
        self.push_order(&mut out)?;
        out.push_sql(") AS place FROM ");
        out.push_identifier(self.table)?;
        out.push_sql(" WHERE ");
        self.filter.walk_ast(out.reborrow())?;
        out.push_sql(") AS ");
        out.push_identifier(self.table)?;
        out.push_sql(" WHERE place <= ");
        out.push_bind_param::<BigInt, _>(&self.limit)?;
        out.push_sql(" ORDER BY ");
        self.push_order(&mut out)?;
        Ok(())
    }
}

impl<Selection, Filter> QueryId for TopOfEach<Selection, Filter> {
    // The names are values: statements are told apart by their text.
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Selection: Expression, Filter> Query for TopOfEach<Selection, Filter> {
    type SqlType = Selection::SqlType;
}
