/* A small program whose memory shows when its constructors ran, and what lay on its stack. */
#include <cstdlib>
#include <cstring>
#include <emscripten.h>

namespace {

/* Not computed by the compiler. */
volatile int constructed;
int kept;

/* Nor left out, as malloc is whose memory nobody looks at. */
void *volatile block;

void fill_block(int byte) {
  block = std::malloc(1 << 16);
  std::memset(block, byte, 1 << 16);
}

struct Static {
  Static() {
    constructed = constructed + 1;
    fill_block(constructed);
  }
} object;

/* Leaves on the dead stack what is nowhere else in memory: snapshot-host.mjs knows it, too. */
__attribute__((noinline)) void whisper(volatile unsigned char *room, int count) {
  for (int i = 0; i < count; i++) room[i] = (i * 37 + 11) ^ 0x5a;
}

} // namespace

extern "C" {

EMSCRIPTEN_KEEPALIVE int host_constructed(void) { return constructed; }
EMSCRIPTEN_KEEPALIVE const char *host_language(void) { return std::getenv("LANG"); }
EMSCRIPTEN_KEEPALIVE void host_keep(int value) { kept = value; }
EMSCRIPTEN_KEEPALIVE int host_kept(void) { return kept; }

EMSCRIPTEN_KEEPALIVE void host_whisper(void) {
  volatile unsigned char room[512];
  whisper(room, sizeof room);
}

/* Memory that a restored snapshot must not keep anything of. */
EMSCRIPTEN_KEEPALIVE void host_dirty(void) {
  for (int i = 0; i < 64; i++) fill_block(0xaa);
  host_whisper();
  kept = -1;
}

/* Runs emscripten's last checks of the stack. */
EMSCRIPTEN_KEEPALIVE void host_exit(void) { std::exit(0); }

}

int main(int argc, char **argv) { return argc == 0 || argv[argc] != nullptr; }
