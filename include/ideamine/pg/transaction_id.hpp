// Transactions by their ids, which are 32 bits long and used again after a very long time.
#pragma once

#include "ideamine/pg/error.hpp"

extern "C" {
#include "access/xact.h"
#include "storage/procarray.h"
}

namespace ideamine::pg {

// The caller's transaction; 0 if it has written nothing.
inline TransactionId own_transaction() {
    return GetTopTransactionIdIfAny();
}

// 0 is not.
inline bool is_in_progress(TransactionId transaction) {
    return TransactionIdIsValid(transaction) &&
           call([transaction] { return TransactionIdIsInProgress(transaction); });
}

}  // namespace ideamine::pg
