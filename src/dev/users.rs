//! The users of the demo app. A real app has its own users and its own login.

use serde::Serialize;

/// A user of the demo app, with everything that the portal is told about them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The app's own name for them: `externalId` in the API.
    pub id: &'static str,
    /// As people read it.
    pub name: &'static str,
    /// What they do there.
    pub role: &'static str,
    /// Passed on to the portal.
    pub email: &'static str,
    /// The app's own name for their organisation: `externalOrganizationId`.
    pub organization_id: &'static str,
    /// For people.
    pub organization: &'static str,
    /// What they may do in the portal.
    pub permissions: &'static [&'static str],
}

/// The first may do everything, the second some things, the third one thing.
pub const USERS: [User; 3] = [
    User {
        id: "user_ada",
        name: "Ada Lovelace",
        role: "Owner",
        email: "ada@engines.example",
        organization_id: "org_engines",
        organization: "Analytical Engines",
        permissions: &["*"],
    },
    User {
        id: "user_grace",
        name: "Grace Hopper",
        role: "Developer",
        email: "grace@compilers.example",
        organization_id: "org_compilers",
        organization: "Compilers & Co",
        permissions: &["api.*.read_key", "api.*.create_key", "api.*.read_analytics"],
    },
    User {
        id: "user_alan",
        name: "Alan Turing",
        role: "Accounting",
        email: "alan@machines.example",
        organization_id: "org_machines",
        organization: "Universal Machines",
        permissions: &["billing.read"],
    },
];

/// The user with this id.
pub fn find(id: &str) -> Option<&'static User> {
    USERS.iter().find(|user| user.id == id)
}
