#include "ideamine/error.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

namespace ideamine {
namespace {

// All words of the form ID and three digits.
std::set<std::string> sqlstates_in(const std::string& text) {
    std::set<std::string> found;
    for (std::size_t at = text.find("ID"); at != std::string::npos; at = text.find("ID", at + 1)) {
        const std::string word = text.substr(at, 5);
        if (word.find_first_not_of("0123456789", 2) == std::string::npos && word.size() == 5) {
            found.insert(word);
        }
    }
    return found;
}

TEST(Error, CodesStandInTheTableInTheirOwnOrder) {
    for (std::size_t i = 0; i < code_table.size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(code_table[i].code), i);
        EXPECT_STREQ(sqlstate(code_table[i].code), code_table[i].sqlstate);
    }
}

TEST(Error, SqlstatesAreClassIdWithAnHttpStatusAndDiffer) {
    std::set<std::string> seen;
    for (const CodeEntry& entry : code_table) {
        const std::string state = entry.sqlstate;
        EXPECT_EQ(sqlstates_in(state), std::set<std::string>{state});
        EXPECT_TRUE(state[2] == '4' || state[2] == '5') << state;
        EXPECT_TRUE(seen.insert(state).second) << state << " is there twice";
        EXPECT_STRNE(entry.meaning, "");
    }
}

TEST(Error, ConventionalCodesHaveTheirSqlstates) {
    EXPECT_STREQ(sqlstate(Code::invalid_argument), "ID400");
    EXPECT_STREQ(sqlstate(Code::budget_exceeded), "ID402");
    EXPECT_STREQ(sqlstate(Code::forbidden), "ID403");
    EXPECT_STREQ(sqlstate(Code::unknown), "ID404");
    EXPECT_STREQ(sqlstate(Code::conflict), "ID409");
    EXPECT_STREQ(sqlstate(Code::expired), "ID410");
    EXPECT_STREQ(sqlstate(Code::too_large), "ID413");
    EXPECT_STREQ(sqlstate(Code::invalid_graph), "ID422");
    EXPECT_STREQ(sqlstate(Code::paused), "ID423");
    EXPECT_STREQ(sqlstate(Code::limit_reached), "ID429");
    EXPECT_STREQ(sqlstate(Code::unavailable), "ID503");
    EXPECT_STREQ(sqlstate(Code::deadline_passed), "ID504");
}

// The documentation lists each SQLSTATE on one line with its meaning, and no others.
TEST(Error, TheDocumentationListsTheSameCodes) {
    std::ifstream page(IDEAMINE_SOURCE_DIR "/docs/errors.md");
    ASSERT_TRUE(page.is_open());
    std::set<std::string> documented;
    std::set<std::string> with_meaning;
    for (std::string line; std::getline(page, line);) {
        documented.merge(sqlstates_in(line));
        for (const CodeEntry& entry : code_table) {
            if (line.find(entry.sqlstate) != std::string::npos &&
                line.find(entry.meaning) != std::string::npos) {
                with_meaning.insert(entry.sqlstate);
            }
        }
    }
    std::set<std::string> expected;
    for (const CodeEntry& entry : code_table) {
        expected.insert(entry.sqlstate);
    }
    EXPECT_EQ(documented, expected);
    EXPECT_EQ(with_meaning, expected);
}

TEST(Error, CarriesWhatItWasGiven) {
    const Error error(Code::conflict, "the lease is stale", "It ended.", "Acquire it again.");
    EXPECT_EQ(error.code(), Code::conflict);
    EXPECT_EQ(error.message(), "the lease is stale");
    EXPECT_STREQ(error.what(), "the lease is stale");
    EXPECT_EQ(error.detail(), "It ended.");
    EXPECT_EQ(error.hint(), "Acquire it again.");
}

TEST(Error, HasNoDetailAndNoHintUnlessGiven) {
    const Error error(Code::unknown, "no such job");
    EXPECT_EQ(error.detail(), "");
    EXPECT_EQ(error.hint(), "");
}

TEST(Error, WithinPutsThePlaceBeforeTheMessageAndKeepsTheRest) {
    const Error inner(Code::too_large, "payload is too large", "It has 2 MB.", "Store it.");
    const Error outer = inner.within("job 7 (key \"a\")");
    EXPECT_EQ(outer.message(), "job 7 (key \"a\"): payload is too large");
    EXPECT_EQ(outer.code(), Code::too_large);
    EXPECT_EQ(outer.detail(), "It has 2 MB.");
    EXPECT_EQ(outer.hint(), "Store it.");
    EXPECT_EQ(inner.message(), "payload is too large");
}

TEST(Error, IsCaughtAsAStandardException) {
    try {
        throw Error(Code::paused, "the queue is paused");
    } catch (const std::exception& error) {
        EXPECT_STREQ(error.what(), "the queue is paused");
    }
}

}  // namespace
}  // namespace ideamine
