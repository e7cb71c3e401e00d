# Builds the extension with PGXS:
#
#   make                      build ideamine.so and the extension's SQL
#   make install              into the server that pg_config names
#   make installcheck         pg_regress and isolation tests against a running server, which must
#                             have shared_preload_libraries = 'ideamine' and should have
#                             ideamine.databases empty, so that no worker joins in
#   make PG_CONFIG=/usr/lib/postgresql/17/bin/pg_config …
#
# The pure core with its unit tests, and the programs in tools/, are built by CMake.

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error $(PG_CONFIG) --pgxs says nothing: install postgresql-server-dev, or set PG_CONFIG)
endif
pg_major := $(shell $(PG_CONFIG) --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')

EXTENSION := ideamine
MODULE_big := ideamine
extension_version := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(EXTENSION).control)

# ---- the library -------------------------------------------------------------------------------

# Each major version of the server has objects of its own, so that changing PG_CONFIG rebuilds.
objects := build/pg$(pg_major)
sources := $(sort $(shell find src bgworker -name '*.cpp'))
OBJS := $(sources:%.cpp=$(objects)/%.o)

# -isystem: our warnings are not meant for the server's headers. Before 16 those leave PGDLLEXPORT
# empty, which with -fvisibility=hidden would hide what the server looks up.
PG_CPPFLAGS = -Iinclude -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server)
ifeq ($(pg_major),15)
PG_CPPFLAGS += -D'PGDLLEXPORT=__attribute__((visibility("default")))'
endif
# clang objects to "register" in the headers of 15, and to warnings of gcc that pg_config passes on.
clang_flags = $(if $(findstring clang,$(shell $(CXX) --version)),-Wno-register -Wno-unknown-warning-option)
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Werror -fvisibility=hidden $(clang_flags)
SHLIB_LINK += -lstdc++ -Wl,--version-script=src/exports.map
# Bitcode would compile C++ with the flags of another compiler.
override with_llvm := no

# ---- the extension's SQL -----------------------------------------------------------------------

# The order of installation: everything that is made once, then functions and views.
# Row security comes last, for all tables that there are by then.
sql_modules := schema_tables access_tables projects_tables roles_tables logins_tables workers_tables \
               jobs_tables jobs_history_tables jobs_closings_tables workflow_tables idempotency_tables queues_tables \
               events_tables quota_tables priority_tables priority_policies_tables budget_tables budget_models_tables \
               access projects roles logins workers jobs_history jobs jobs_closings jobs_dispatch workflow idempotency queues \
               quota quota_users quota_counters quota_usage priority priority_policies budget budget_models partitions bgworker \
               older_names row_security
sql_files := $(sql_modules:%=sql/modules/%.sql)
unlisted := $(filter-out $(sql_files),$(wildcard sql/modules/*.sql))
ifneq ($(unlisted),)
$(error not in the Makefile's list of sql_modules: $(unlisted))
endif
extension_sql := build/$(EXTENSION)--$(extension_version).sql

# An update is what differs in tables, the tables that are new, and then all functions and views as they
# are now. Only the step to this version is made here: once released, it is kept in sql/released.
upgrade_step := $(wildcard sql/upgrade/*--$(extension_version).sql)
new_tables := jobs_history_tables jobs_closings_tables workflow_tables projects_tables roles_tables logins_tables \
              events_tables quota_tables priority_tables priority_policies_tables budget_tables budget_models_tables
upgrade_files := $(upgrade_step) $(new_tables:%=sql/modules/%.sql) $(filter-out %_tables.sql,$(sql_files))
upgrade_sql := $(upgrade_step:sql/upgrade/%=build/$(EXTENSION)--%)
DATA_built := $(extension_sql) $(upgrade_sql)
DATA := $(wildcard sql/released/*.sql)

# ---- tests -------------------------------------------------------------------------------------

# pg_regress looks for NAME.sql in ./sql, then in test/sql; for NAME.out in ./expected. Isolation
# specs have their expected files beside them: test/isolation/{specs,expected}; `prepare` makes what
# all of them use, so that one alone is `make installcheck REGRESS= ISOLATION="prepare NAME"`.
REGRESS := $(sort $(notdir $(basename $(wildcard test/sql/*.sql))))
REGRESS_OPTS = --inputdir=test --load-extension=$(EXTENSION)
ISOLATION := prepare $(filter-out prepare, \
  $(sort $(notdir $(basename $(wildcard test/isolation/specs/*.spec)))))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)

EXTRA_CLEAN := build

include $(PGXS)

# ---- rules -------------------------------------------------------------------------------------

# A stamp holds a command line, and changes only when that does: objects follow the flags, the
# library follows the list of objects too.
.PHONY: always
define stamp
@$(MKDIR_P) $(@D)
@echo '$(subst ','\'',$(1))' | cmp -s - $@ || echo '$(subst ','\'',$(1))' > $@
endef

$(objects)/compile.stamp: always
	$(call stamp,$(COMPILE.cc))

build/link.stamp: always
	$(call stamp,$(LINK.shared) $(OBJS) $(LDFLAGS) $(LDFLAGS_SL) $(SHLIB_LINK))

$(objects)/%.o: %.cpp $(objects)/compile.stamp
	@$(MKDIR_P) $(@D)
	$(COMPILE.cc) -MMD -MP -o $@ $<

$(shlib): build/link.stamp src/exports.map

# A file of SQL from files, which psql refuses to run by itself.
define assemble
@$(MKDIR_P) $(@D)
{ printf '%s\n' '\echo Use "$(1)" to load this file. \quit'; \
  for file in $(2); do echo; cat "$$file" || exit 1; done; } > $@.new
mv $@.new $@
endef

$(extension_sql): $(sql_files) Makefile
	$(call assemble,CREATE EXTENSION $(EXTENSION),$(sql_files))

$(upgrade_sql): $(upgrade_files) Makefile
	$(call assemble,ALTER EXTENSION $(EXTENSION) UPDATE,$(upgrade_files))

-include $(OBJS:.o=.d)
