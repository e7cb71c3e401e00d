// Leases: what is held for somebody from one transaction to another, and counts where live leases
// are the record of it.
#pragma once

#include "admission/admission_shared.hpp"

namespace ideamine::admission::shared {

// A lease that admit() has just taken, and that is not wanted after all.
void give_up_lease(const Ask& ask);

// Leases of a member (counted in its resource 0) of a group, in which a member with any lease
// counts one.
struct Membership {
    Party member;
    Amount leases;
    Party group;
    int resource;  // of the group
};
Answer join(const Membership& membership, Throttling throttling);

// Leases of one scope that the caller's transaction has ended, and that count until it commits.
struct Ending {
    struct Part {
        int resource;
        Amount amount;
        Time window = Time::min();  // in which they count; nothing ends if it has passed
    };
    struct Member {
        Party party;
        Amount leases;
    };
    Party scope;
    std::vector<Part> parts;  // each resource once
    int group;                // the resource in which members count
    std::vector<Member> members;
};
// Returns how the group's counter stands, if any part or member counts in it: with these leases.
Reading end_leases(const Ending& ending);

}  // namespace ideamine::admission::shared
