//! Pages on the wire: the object and its lists.

mod diff;
mod mutations;
mod page;
mod proposals;
mod queries;
mod revision;
mod saving;
mod subscriptions;

pub use diff::RevisionDiff;
pub use mutations::PageMutations;
pub use page::{Page, PageConnection, PageEdge, counts, of_notebook, text_of};
pub use proposals::{EditProposal, ProposalMutations, ProposalSubscriptions};
pub use queries::PageQueries;
pub use revision::{Revision, RevisionConnection, RevisionEdge};
pub use saving::SaveMutations;
pub use subscriptions::PageSubscriptions;
