#include "engine/bouncer.h"
struct bouncer {
	int x;
};
static bouncer one;
bouncer *bouncer_start(engine *e)
{
	(void)e;
	return &one;
}
void bouncer_note(bouncer *b, uint64_t id)
{
	(void)b;
	(void)id;
}
void bouncer_warn(bouncer *b, uint64_t id)
{
	(void)b;
	(void)id;
}
void bouncer_stop(bouncer *b)
{
	(void)b;
}
void bouncer_close(bouncer **b)
{
	(void)b;
}
bool bouncer_idle(bouncer *b)
{
	(void)b;
	return true;
}
