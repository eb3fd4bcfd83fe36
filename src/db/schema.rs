//! The table graph, one for every dialect.

#![expect(
    missing_docs,
    reason = "the columns are documented on the rows of the slices and in the migrations"
)]

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Accounts.
    users (id) {
        id -> Guid,
        username -> Text,
        username_key -> Text,
        display_name -> Text,
        display_name_key -> Text,
        email -> Text,
        email_key -> Text,
        email_verified_at -> Nullable<Instant>,
        bio -> Nullable<Text>,
        role -> Text,
        password_hash -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
        avatar_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Signed-in devices.
    sessions (id) {
        id -> Guid,
        user_id -> Guid,
        created_at -> Instant,
        last_seen_at -> Instant,
        expires_at -> Instant,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        revoked_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Refresh tokens by their hash.
    refresh_tokens (hash) {
        hash -> Binary,
        session_id -> Guid,
        created_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::Instant;
    /// Keys that sign access tokens.
    signing_keys (kid) {
        kid -> Text,
        sealed -> Binary,
        public -> Binary,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
        signs_from -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// API keys by what they name, with their hash.
    api_keys (id) {
        id -> Guid,
        user_id -> Guid,
        name -> Text,
        prefix -> Text,
        hash -> Binary,
        scopes -> Text,
        created_at -> Instant,
        last_used_at -> Nullable<Instant>,
        expires_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant, Json};
    /// Notebooks.
    notebooks (id) {
        id -> Guid,
        owner_id -> Guid,
        title -> Text,
        title_key -> Text,
        description -> Text,
        metadata -> Json,
        published_at -> Nullable<Instant>,
        published_order -> Instant,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        event_seq -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Who shares a notebook.
    collaborators (id) {
        id -> Guid,
        notebook_id -> Guid,
        user_id -> Guid,
        role -> Text,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Pages.
    pages (id) {
        id -> Guid,
        notebook_id -> Guid,
        title -> Text,
        format -> Text,
        position -> Integer,
        word_count -> Integer,
        current_revision_id -> Guid,
        revision_count -> Integer,
        published_revision_id -> Nullable<Guid>,
        published_title -> Nullable<Text>,
        published_word_count -> Nullable<Integer>,
        published_at -> Nullable<Instant>,
        publish_at -> Nullable<Instant>,
        publish_revision_id -> Nullable<Guid>,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Every stored text of every page.
    revisions (id) {
        id -> Guid,
        page_id -> Guid,
        number -> Integer,
        name -> Nullable<Text>,
        kind -> Text,
        author_id -> Nullable<Guid>,
        ai_model -> Nullable<Text>,
        title -> Text,
        content -> Text,
        format -> Text,
        word_count -> Integer,
        message -> Nullable<Text>,
        client_id -> Nullable<Text>,
        created_at -> Instant,
        minute -> BigInt,
        hidden_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// The last numbered save of each editor.
    client_sequences (page_id, user_id, client_id) {
        page_id -> Guid,
        user_id -> Guid,
        client_id -> Text,
        sequence -> Integer,
        digest -> Binary,
        revision_id -> Guid,
        merged -> Bool,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// What happened to the pages of a notebook, in order.
    events (notebook_id, seq) {
        notebook_id -> Guid,
        seq -> BigInt,
        page_id -> Guid,
        revision_id -> Nullable<Guid>,
        revision_number -> Integer,
        actor_id -> Nullable<Guid>,
        kind -> Text,
        client_id -> Nullable<Text>,
        public -> Bool,
        at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant, Json};
    /// The log.
    logs (id) {
        id -> Guid,
        kind -> Text,
        date -> Instant,
        user_id -> Nullable<Guid>,
        username -> Text,
        action -> Text,
        subject_id -> Nullable<Text>,
        details -> Nullable<Json>,
        ip -> Nullable<Text>,
        request_id -> Nullable<Text>,
        actor -> Nullable<Text>,
        seq -> Nullable<BigInt>,
        hash -> Nullable<Binary>,
    }
}

table! {
    /// One row: where the chain over the AUDIT entries begins and ends.
    audit_chain (id) {
        id -> SmallInt,
        last_seq -> BigInt,
        entries -> BigInt,
        base -> Nullable<Binary>,
        head -> Nullable<Binary>,
        mac -> Nullable<Binary>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant, Json};
    /// Background work.
    jobs (id) {
        id -> Guid,
        kind -> Text,
        payload -> Json,
        unique_key -> Nullable<Text>,
        status -> Text,
        run_at -> Instant,
        attempts -> Integer,
        max_attempts -> Integer,
        lease_until -> Nullable<Instant>,
        progress -> Double,
        message -> Nullable<Text>,
        result -> Nullable<Json>,
        error -> Nullable<Text>,
        owner_id -> Nullable<Guid>,
        subject_id -> Nullable<Text>,
        cancel_requested_at -> Nullable<Instant>,
        created_at -> Instant,
        started_at -> Nullable<Instant>,
        finished_at -> Nullable<Instant>,
        user_error -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Instant, Json};
    /// Mutations that were sent with an idempotency key.
    idempotency_keys (id) {
        id -> Binary,
        digest -> Binary,
        holder -> BigInt,
        lease_until -> Nullable<Instant>,
        commits -> Integer,
        done -> Json,
        answer -> Nullable<Binary>,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Links that were mailed, by the hash of their token.
    email_tokens (hash) {
        hash -> Binary,
        user_id -> Guid,
        purpose -> Text,
        email_key -> Text,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Accounts at OpenID Connect providers that sign in here.
    identities (id) {
        id -> Guid,
        user_id -> Guid,
        provider -> Text,
        issuer -> Text,
        subject -> Text,
        email -> Nullable<Text>,
        created_at -> Instant,
        last_used_at -> Instant,
    }
}

table! {
    use crate::db::types::Instant;
    use diesel::sql_types::*;
    /// Sign-ins that came back from a provider, by the hash of their state.
    spent_sign_ins (hash) {
        hash -> Binary,
        expires_at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Instant};
    use diesel::sql_types::*;
    /// Attempts to have something answered by an AI.
    ai_usage (id) {
        id -> Guid,
        user_id -> Guid,
        at -> Instant,
        settle_by -> Instant,
        purpose -> Text,
        provider -> Text,
        model -> Text,
        outcome -> Text,
        reserved -> Integer,
        prompt_tokens -> Integer,
        completion_tokens -> Integer,
        estimated -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// The bytes of pictures.
    media_objects (sha256) {
        sha256 -> Binary,
        place -> Guid,
        content_type -> Text,
        width -> Integer,
        height -> Integer,
        byte_size -> BigInt,
        created_at -> Instant,
        unused_since -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Bytes that are to go.
    media_removals (place) {
        place -> Guid,
        sha256 -> Binary,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Pictures.
    images (id) {
        id -> Guid,
        owner_id -> Guid,
        sha256 -> Binary,
        purpose -> Text,
        alt_text -> Nullable<Text>,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::Guid;
    /// Which pages have which pictures in their texts.
    image_uses (page_id, image_id) {
        page_id -> Guid,
        image_id -> Guid,
        draft -> Bool,
        published -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Permissions to upload a picture.
    image_uploads (id) {
        id -> Guid,
        owner_id -> Guid,
        purpose -> Text,
        alt_text -> Nullable<Text>,
        content_type -> Text,
        byte_size -> BigInt,
        created_at -> Instant,
        expires_at -> Instant,
        completed_at -> Nullable<Instant>,
    }
}

joinable!(images -> media_objects (sha256));
joinable!(image_uses -> pages (page_id));
joinable!(image_uses -> images (image_id));
table! {
    use crate::db::types::Guid;
    use diesel::sql_types::*;
    /// Whose texts can be found. PostgreSQL keeps the tokens here too, SQLite in a table of FTS5.
    search_documents (id) {
        id -> BigInt,
        kind -> Text,
        subject_id -> Guid,
        user_id -> Nullable<Guid>,
        notebook_id -> Nullable<Guid>,
        page_id -> Nullable<Guid>,
        revision_id -> Nullable<Guid>,
        title_words -> Integer,
        brevity -> Integer,
        analyser -> Integer,
    }
}

table! {
    use crate::db::types::{Guid, Instant, Json};
    use diesel::sql_types::*;
    /// What was recognised in texts, and from where.
    processed_records (id) {
        id -> Guid,
        owner_id -> Guid,
        job_id -> Nullable<Guid>,
        source -> Text,
        format -> Text,
        content -> Text,
        extracted -> Json,
        enrichment -> Nullable<Json>,
        metadata -> Json,
        created_at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Json};
    use diesel::sql_types::*;
    /// The items of batches, each with its input or its outcome.
    batch_items (job_id, number) {
        job_id -> Guid,
        number -> Integer,
        input -> Nullable<Json>,
        outcome -> Nullable<Json>,
    }
}

table! {
    use crate::db::types::{Guid, Instant, Json};
    use diesel::sql_types::*;
    /// Bills as an open-data service gave them.
    propositions (id) {
        id -> Guid,
        external_id -> Text,
        kind -> Text,
        number -> Integer,
        year -> Integer,
        summary -> Text,
        search_key -> Text,
        authors -> Json,
        status -> Nullable<Text>,
        presented_on -> Nullable<Text>,
        url -> Nullable<Text>,
        votes -> Json,
        fetched_at -> Instant,
        details_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::Guid;
    /// Texts that grow while people watch.
    transcripts (id) {
        id -> Guid,
        owner_id -> Guid,
        closed -> Bool,
        text -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::Guid;
    /// What has come of texts that still grow.
    transcript_pieces (transcript_id, start) {
        transcript_id -> Guid,
        start -> Integer,
        text -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant, Json};
    /// Answers of the AI that are written while people watch.
    answers (id) {
        id -> Guid,
        owner_id -> Guid,
        job_id -> Guid,
        purpose -> Text,
        status -> Text,
        ask -> Nullable<Json>,
        wants_json -> Bool,
        model -> Nullable<Text>,
        finish_reason -> Nullable<Text>,
        prompt_tokens -> Integer,
        completion_tokens -> Integer,
        estimated -> Bool,
        error_code -> Nullable<Text>,
        error -> Nullable<Text>,
        request_key -> Nullable<Binary>,
        request_digest -> Nullable<Binary>,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Conversations with the AI.
    chats (id) {
        id -> Guid,
        owner_id -> Guid,
        title -> Text,
        system_message -> Nullable<Text>,
        model -> Nullable<Text>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// What is said in chats.
    chat_messages (id) {
        id -> Guid,
        chat_id -> Guid,
        parent_id -> Nullable<Guid>,
        answer_id -> Nullable<Guid>,
        role -> Text,
        content -> Text,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::db::types::{Guid, Instant};
    /// Changes of pages that the AI proposes.
    edit_proposals (id) {
        id -> Guid,
        page_id -> Guid,
        base_revision_id -> Guid,
        owner_id -> Guid,
        answer_id -> Guid,
        instruction -> Text,
        decision -> Nullable<Text>,
        created_at -> Instant,
        decided_at -> Nullable<Instant>,
    }
}

table! {
    use crate::db::types::{Guid, Instant, Json};
    use diesel::sql_types::*;
    /// Tables that people brought, as their columns are.
    datasets (id) {
        id -> Guid,
        owner_id -> Nullable<Guid>,
        name -> Text,
        kind -> Text,
        fields -> Json,
        row_count -> BigInt,
        first_day -> Nullable<Text>,
        last_day -> Nullable<Text>,
        missing_days -> Nullable<BigInt>,
        sha256 -> Binary,
        byte_size -> BigInt,
        created_at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Instant};
    use diesel::sql_types::*;
    /// Named lines of model versions.
    models (id) {
        id -> Guid,
        name -> Text,
        name_key -> Text,
        task -> Text,
        owner_id -> Nullable<Guid>,
        last_version -> Integer,
        champion_id -> Nullable<Guid>,
        challenger_id -> Nullable<Guid>,
        challenger_share -> Double,
        created_at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Instant, Json};
    use diesel::sql_types::*;
    /// What was trained or imported.
    model_versions (id) {
        id -> Guid,
        model_id -> Guid,
        version -> Integer,
        algorithm -> Text,
        params -> Json,
        features -> Json,
        labels -> Nullable<Json>,
        target -> Nullable<Text>,
        dataset_id -> Nullable<Guid>,
        data_hash -> Nullable<Text>,
        metrics -> Json,
        library -> Text,
        training_seconds -> Double,
        byte_size -> BigInt,
        sha256 -> Binary,
        job_id -> Nullable<Guid>,
        created_at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Instant};
    use diesel::sql_types::*;
    /// Who moved which alias of a model; append-only.
    alias_changes (id) {
        id -> Guid,
        model_id -> Guid,
        alias -> Text,
        from_id -> Nullable<Guid>,
        to_id -> Nullable<Guid>,
        share -> Nullable<Double>,
        user_id -> Nullable<Guid>,
        reason -> Nullable<Text>,
        at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Instant, Json};
    use diesel::sql_types::*;
    /// Forecasts of series.
    predictions (id) {
        id -> Guid,
        owner_id -> Guid,
        model -> Text,
        model_key -> Text,
        version_id -> Nullable<Guid>,
        dataset_id -> Guid,
        target -> Text,
        days -> Integer,
        status -> Text,
        forecast -> Nullable<Json>,
        error -> Nullable<Text>,
        note -> Nullable<Text>,
        job_id -> Nullable<Guid>,
        logged -> Bool,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
    }
}

table! {
    use crate::db::types::{Guid, Instant, Json};
    use diesel::sql_types::*;
    /// What models answered about rows and texts.
    classifications (id) {
        id -> Guid,
        user_id -> Nullable<Guid>,
        model_id -> Guid,
        version_id -> Guid,
        features -> Json,
        label -> Text,
        probabilities -> Json,
        latency_ms -> Double,
        actual_label -> Nullable<Text>,
        correct -> Nullable<Bool>,
        created_at -> Instant,
    }
}

table! {
    use crate::db::types::{Guid, Instant};
    use diesel::sql_types::*;
    /// What the last look at a model's drift found.
    model_drifts (model_id) {
        model_id -> Guid,
        version_id -> Guid,
        drifted -> Bool,
        looked_at -> Instant,
    }
}

joinable!(sessions -> users (user_id));
joinable!(api_keys -> users (user_id));
joinable!(email_tokens -> users (user_id));
joinable!(identities -> users (user_id));
joinable!(refresh_tokens -> sessions (session_id));
joinable!(notebooks -> users (owner_id));
joinable!(collaborators -> notebooks (notebook_id));
joinable!(pages -> notebooks (notebook_id));
joinable!(revisions -> pages (page_id));
joinable!(chat_messages -> answers (answer_id));
diesel::allow_columns_to_appear_in_same_group_by_clause!(
    chat_messages::chat_id,
    answers::estimated
);

allow_tables_to_appear_in_same_query!(models, model_versions, classifications);

allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    refresh_tokens,
    api_keys,
    email_tokens,
    identities,
    notebooks,
    collaborators,
    pages,
    revisions,
    client_sequences,
    events,
    media_objects,
    images,
    image_uses,
    search_documents,
    answers,
    jobs,
    chats,
    chat_messages,
    edit_proposals,
    transcripts,
    transcript_pieces,
);
