//! SQL of conversations.

use diesel::dsl::sum;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Conn, answers, jobs, logs, transaction};
use crate::ai::Usage;
use crate::ai::answer::AnswerStatus;
use crate::chat::Chat;
use crate::db::schema::{answers as answer_rows, chat_messages, chats};
use crate::db::types::Timestamp;
use crate::error::Result;
use crate::graphql::paging::{Window, keyset};
use crate::id::{AnswerId, ChatId, JobId, UserId};
use crate::logs::Log;

/// Keeps a new conversation.
pub async fn insert(conn: &mut Conn, chat: Chat, log: Log) -> Result<()> {
    transaction!(conn, {
        diesel::insert_into(chats::table)
            .values(&chat)
            .execute(conn)
            .await?;
        logs::insert(conn, &log).await
    })
}

/// Conversations by their ids.
pub async fn by_ids(conn: &mut Conn, ids: Vec<ChatId>) -> Result<Vec<Chat>> {
    let found = chats::table
        .filter(chats::id.eq_any(ids))
        .select(Chat::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// Somebody's conversation.
pub async fn find(conn: &mut Conn, id: ChatId, owner: UserId) -> Result<Option<Chat>> {
    let found = chats::table
        .find(id)
        .filter(chats::owner_id.eq(owner))
        .select(Chat::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(found)
}

/// A page of somebody's conversations, the last used first, one more than the window holds.
pub async fn list(
    conn: &mut Conn,
    owner: UserId,
    window: Window<(Timestamp, ChatId)>,
) -> Result<Vec<Chat>> {
    let own = chats::table.filter(chats::owner_id.eq(owner)).into_boxed();
    let found = keyset!(own, window, true, chats::updated_at, chats::id)
        .select(Chat::as_select())
        .load(conn)
        .await?;
    Ok(found)
}

/// How many conversations somebody has.
pub async fn count(conn: &mut Conn, owner: UserId) -> Result<i64> {
    let count = chats::table
        .filter(chats::owner_id.eq(owner))
        .count()
        .get_result(conn)
        .await?;
    Ok(count)
}

/// Gives a conversation another title; gives it as it is now.
pub async fn rename(
    conn: &mut Conn,
    id: ChatId,
    title: String,
    now: Timestamp,
    log: Log,
) -> Result<Option<Chat>> {
    transaction!(conn, {
        diesel::update(chats::table.find(id))
            .set((chats::title.eq(title), chats::updated_at.eq(now)))
            .execute(conn)
            .await?;
        let chat = chats::table
            .find(id)
            .select(Chat::as_select())
            .first(conn)
            .await
            .optional()?;
        if chat.is_some() {
            logs::insert(conn, &log).await?;
        }
        Ok(chat)
    })
}

/// Removes a conversation with all that was said; gives the jobs of answers that were being written.
pub async fn delete(conn: &mut Conn, id: ChatId, log: Log) -> Result<Vec<JobId>> {
    transaction!(conn, {
        // Locked first: nothing is said in it any more.
        diesel::update(chats::table.find(id))
            .set(chats::title.eq(chats::title))
            .execute(conn)
            .await?;
        let said: Vec<(AnswerId, JobId, AnswerStatus)> = chat_messages::table
            .inner_join(answer_rows::table)
            .filter(chat_messages::chat_id.eq(id))
            .select((answer_rows::id, answer_rows::job_id, answer_rows::status))
            .load(conn)
            .await?;
        let mut stopping = Vec::new();
        for (_, job, status) in &said {
            if *status == AnswerStatus::Streaming && jobs::cancel(conn, *job).await? {
                stopping.push(*job);
            }
        }
        diesel::delete(chats::table.find(id)).execute(conn).await?;
        let ids: Vec<AnswerId> = said.into_iter().map(|(answer, _, _)| answer).collect();
        for some in ids.chunks(500) {
            answers::remove(conn, some.to_vec()).await?;
        }
        logs::insert(conn, &log).await?;
        Ok(stopping)
    })
}

/// What the answers of conversations have used.
pub async fn usage(conn: &mut Conn, ids: Vec<ChatId>) -> Result<Vec<(ChatId, Usage)>> {
    type Row = (ChatId, bool, Option<i64>, Option<i64>);
    let rows: Vec<Row> = chat_messages::table
        .inner_join(answer_rows::table)
        .filter(chat_messages::chat_id.eq_any(ids))
        .group_by((chat_messages::chat_id, answer_rows::estimated))
        .select((
            chat_messages::chat_id,
            answer_rows::estimated,
            sum(answer_rows::prompt_tokens),
            sum(answer_rows::completion_tokens),
        ))
        .load(conn)
        .await?;
    let used = rows
        .into_iter()
        .map(|(chat, estimated, prompt, completion)| {
            let usage = Usage {
                prompt: prompt.unwrap_or(0),
                completion: completion.unwrap_or(0),
                estimated,
            };
            (chat, usage)
        });
    Ok(used.collect())
}
