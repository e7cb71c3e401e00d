// Writes that a crash may undo although they were committed, because somebody can tell that they
// were.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// Around writes which need not be on disk before their caller goes on. If a transaction consists of
// nothing else, its commit does not wait for the disk, as with synchronous_commit = off: after a
// crash of the server up to three times wal_writer_delay of such transactions may be gone. Whatever
// else the transaction writes makes its commit wait as usual.
class LosableWrite {
  public:
    LosableWrite();
    // When everything is written.
    void done() const;

  private:
    bool alone_;  // so far the transaction has written nothing, or only what may be lost
};

// The caller's transaction will be on disk when it has committed, whatever synchronous_commit and
// losable writes say, and where that is asked for on standbys, too.
void forbid_loss();

}  // namespace ideamine::pg
