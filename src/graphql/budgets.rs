//! Which root fields have stricter budgets than their cost, because each of them guesses, sends mail or asks an AI.

/// How many there are.
pub const BUDGETS: usize = 4;

/// What a root field is counted against, each time it occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Attempts to get in.
    SignIns,
    /// Exchanges of refresh tokens.
    Refreshes,
    /// Letters sent, and answers to them.
    Mails,
    /// Answers of an AI.
    Ai,
}

/// All of them, in the order of their numbers.
pub const ALL: [Budget; BUDGETS] = [
    Budget::SignIns,
    Budget::Refreshes,
    Budget::Mails,
    Budget::Ai,
];

/// The fields that are counted, by name; a new one that guesses, mails or asks an AI belongs in here.
const FIELDS: &[(&str, Budget)] = &[
    ("login", Budget::SignIns),
    ("register", Budget::SignIns),
    ("changePassword", Budget::SignIns),
    ("deleteAccount", Budget::SignIns),
    ("refreshSession", Budget::Refreshes),
    ("requestEmailVerification", Budget::Mails),
    ("verifyEmail", Budget::Mails),
    ("requestPasswordReset", Budget::Mails),
    ("resetPassword", Budget::Mails),
    ("aiChat", Budget::Ai),
    ("aiComplete", Budget::Ai),
    ("aiCompleteAndProcess", Budget::Ai),
    ("aiCompletionStream", Budget::Ai),
    ("sendMessage", Budget::Ai),
    ("regenerateMessage", Budget::Ai),
    ("proposePageEdit", Budget::Ai),
    ("summarizeProposition", Budget::Ai),
];

/// How often an operation asks for each budget.
pub type Attempts = [u32; BUDGETS];

impl Budget {
    /// What a root field is counted against beside its cost.
    pub fn of(field: &str) -> Option<Self> {
        FIELDS
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, budget)| *budget)
    }

    /// For keys and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins",
            Self::Refreshes => "refreshes",
            Self::Mails => "mails",
            Self::Ai => "ai",
        }
    }
}
