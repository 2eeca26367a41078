//! What `vestibule dev` prints: what to open, and what to type to do the same by hand.
//!
//! Must not know: how the gateway works; the commands use the public API only.

use super::site::Places;
use crate::domain::credential::RootKey;

/// What to open, then what to type, step by step.
pub fn guide(places: &Places, key: &RootKey) -> String {
    let Places { gateway: base, app, portal } = places;
    let key = key.expose();
    format!(
        r#"
Open {app} in a browser: log in to a demo app, open its customer portal, and see what every step sends.

  Demo app     {app}
  Component    {app}/component
  Demo portal  {portal}
  Gateway      {base}

Vestibule is listening on {base}, on its embedded store: nothing is kept when it ends.
To do the same by hand, paste these into another terminal, one after the other. The key is new at every start.

export VESTIBULE_URL={base}
export VESTIBULE_ROOT_KEY={key}

# 1. Your backend creates a session for one of its users.
curl -sS "$VESTIBULE_URL/v2/portal.createSession" \
  -H "Authorization: Bearer $VESTIBULE_ROOT_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"slug":"my-portal","externalId":"user_123","permissions":["api.*.read_key","api.*.read_analytics"]}}' \
  | tee /tmp/vestibule-session.json; echo

# 2. Your portal exchanges the session ID for an HttpOnly cookie. It works once: try it again afterwards.
curl -sS -i -c /tmp/vestibule-cookies.txt "$VESTIBULE_URL/v2/portal.exchangeSession" \
  -H "Content-Type: application/json" \
  -d "{{\"sessionId\":\"$(sed 's/.*"sessionId":"\([^"]*\)".*/\1/' /tmp/vestibule-session.json)\"}}"; echo

# 3. From now on the gateway tells who is there.
curl -sS -b /tmp/vestibule-cookies.txt "$VESTIBULE_URL/v2/portal.getSession"; echo

# 4. Or without a portal: your backend gets a token for a component in your own page, which uses it at once.
curl -sS "$VESTIBULE_URL/v2/portal.createSessionToken" \
  -H "Authorization: Bearer $VESTIBULE_ROOT_KEY" \
  -H "Content-Type: application/json" \
  -d '{{"slug":"component","externalId":"user_123","permissions":["api.*.read_key"]}}'; echo

Stop with Ctrl-C. Errors explain themselves: open the "type" of any of them in a browser.
"#
    )
}
