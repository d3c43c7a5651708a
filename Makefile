# mailwhy's front door: each verb is a line over meson. `make demo` and `make test` do all
# the set-up on a Debian 12 that has git and make.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
MESON    = meson setup $(1) $(2) --prefix=$(PREFIX)

.PHONY: all demo test check check-more bench bench-serve bench-deliver fuzz interop soak tsan asan lint fmt docs install deps clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja: | deps
	@[ -f $@ ] || $(call MESON,$(BUILD))

# Installs what is missing, and only then asks for apt.
deps:
	@tools/deps

# Explains a set of real replies of every class.
demo: all
	@tools/demo $(BUILD)/mailwhy

# Every test, under AddressSanitizer and UndefinedBehaviorSanitizer.
test: deps
	@[ -f build-asan/build.ninja ] || $(call MESON,build-asan,-Db_sanitize=address$(comma)undefined -Db_lundef=false --buildtype=debugoptimized --werror)
	@tools/refresh build-asan
	@ninja -C build-asan
	@meson test -C build-asan --no-rebuild --print-errorlogs

comma := ,

# All that a merge needs.
check: test check-more

# What of it is no test.
check-more: all
	@tools/check $(BUILD)

# How fast: medians, as ratios to a plain loop over the same bytes in the same run.
bench: all
	@ninja -C $(BUILD) bench linewalk >/dev/null
	@$(BUILD)/bench
	@tools/bench-cli $(BUILD)/mailwhy
	@tools/bench-bounce $(BUILD)/mailwhy $(BUILD)/linewalk $(LETTERS)

# mailwhy serve beside other mail servers; needs root. ARGS=--quick: one short run.
bench-serve: all
	@ninja -C $(BUILD) smtpload >/dev/null
	@tools/bench-serve $(BUILD)/mailwhy $(BUILD)/smtpload $(ARGS)

# Mail through mailwhy and through other servers to a sink, and to receivers with limits; needs root.
bench-deliver: all
	@ninja -C $(BUILD) smtpsink >/dev/null
	@tools/bench-deliver $(BUILD)/mailwhy $(BUILD)/smtpsink $(ARGS)

# libFuzzer targets, FUZZ_TIME seconds in all.
FUZZ_TIME ?= 60
fuzz: deps
	@[ -f build-fuzz/build.ninja ] || CC=clang $(call MESON,build-fuzz,-Dfuzzers=true -Dengine=false -Db_sanitize=address$(comma)undefined -Db_lundef=false --buildtype=debugoptimized -Ddefault_library=static)
	@tools/refresh build-fuzz
	@ninja -C build-fuzz
	@tools/fuzz build-fuzz $(FUZZ_TIME)

# Real mail programs against the server: installs them.
interop: all
	@tests/interop/run $(BUILD)

# An hour's load in a minute, SOAK_TIME seconds each: as it is built for users, where memory must not grow,
# and with AddressSanitizer, where nothing must leak.
SOAK_TIME ?= 60
soak: all
	@[ -f build-asan/build.ninja ] || $(call MESON,build-asan,-Db_sanitize=address$(comma)undefined -Db_lundef=false --buildtype=debugoptimized --werror)
	@ninja -C build-asan mailwhy >/dev/null
	@tests/soak.py $(BUILD)/mailwhy $(SOAK_TIME)
	@tests/soak.py build-asan/mailwhy $(SOAK_TIME)

# The same under ThreadSanitizer.
tsan: deps
	@[ -f build-tsan/build.ninja ] || CC=clang $(call MESON,build-tsan,-Db_sanitize=thread -Db_lundef=false --buildtype=debugoptimized)
	@ninja -C build-tsan mailwhy >/dev/null
	@tests/soak.py build-tsan/mailwhy $(SOAK_TIME)

asan: test

lint: all
	@tools/check-tidy $(BUILD)

fmt:
	@clang-format -i $$(git ls-files '*.c' '*.h')

docs: all
	@tools/check-man $(BUILD)/mailwhy

install: all
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf $(BUILD) build-asan build-fuzz build-core build-tsan
