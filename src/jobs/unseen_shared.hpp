// Jobs that become runnable without our functions: loaded by COPY, or made in a transaction that
// was prepared, whose COMMIT PREPARED runs in another session.
#pragma once

namespace ideamine::jobs::shared {

// In _PG_init, while the postmaster loads its libraries. After such a statement the table is read
// anew, and one sleeper is woken.
void watch_unseen_commits();

}  // namespace ideamine::jobs::shared
