#pragma once

struct pg_cancel;

namespace reeve::io {

/// Asks the server to end a query whose connection is about to be closed: a server does
/// not notice by itself, and slow queries would pile up. Takes `cancel` over. libpq can
/// only do it blocking, and a frozen server would block for good: so on a thread of its
/// own, and beyond 16 of those not at all.
void cancel_query(pg_cancel* cancel);

} // namespace reeve::io
