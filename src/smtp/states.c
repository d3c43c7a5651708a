/* SPDX-License-Identifier: MIT */
#include "smtp/states.h"

#define YES   MW_ANSWER_COUNT
#define HELLO MW_ANSWER_NEED_HELLO
#define MAIL  MW_ANSWER_NEED_MAIL
#define RCPT  MW_ANSWER_NEED_RCPT
#define TWICE MW_ANSWER_NESTED_MAIL
#define ORDER MW_ANSWER_BAD_SEQUENCE
#define QUIT  MW_ANSWER_ONLY_QUIT
#define NONE  MW_ANSWER_NOT_IMPLEMENTED
#define WHAT  MW_ANSWER_UNKNOWN_COMMAND

/* RFC 5321, sections 3.1, 4.1.4 and 4.3.2; RFC 3030, section 2; RFC 3207; RFC 4954. VRFY,
 * EXPN, HELP and NOOP need no greeting. */
/* clang-format off */
static const unsigned char table[MWI_ROWS][MWI_COMMANDS] = {
	/*               HELO EHLO LHLO  MAIL   RCPT   DATA   BDAT   RSET  NOOP  QUIT VRFY  EXPN  HELP  STARTTLS AUTH  KNOWN STRANGE */
	[MWI_REFUSED] = {QUIT, QUIT, QUIT, QUIT,  QUIT,  QUIT,  QUIT,  QUIT, QUIT, YES, QUIT, QUIT, QUIT, QUIT,    QUIT,  QUIT, QUIT},
	[MWI_START] =   {YES,  YES,  YES,  HELLO, HELLO, HELLO, HELLO, YES,  YES,  YES, YES,  YES,  YES,  HELLO,   HELLO, NONE, WHAT},
	[MWI_IDLE] =    {YES,  YES,  YES,  YES,   MAIL,  MAIL,  MAIL,  YES,  YES,  YES, YES,  YES,  YES,  YES,     YES,   NONE, WHAT},
	[MWI_SENDER] =  {YES,  YES,  YES,  TWICE, YES,   RCPT,  RCPT,  YES,  YES,  YES, YES,  YES,  YES,  ORDER,   ORDER, NONE, WHAT},
	[MWI_RCPTS] =   {YES,  YES,  YES,  TWICE, YES,   YES,   YES,   YES,  YES,  YES, YES,  YES,  YES,  ORDER,   ORDER, NONE, WHAT},
	[MWI_CHUNKS] =  {YES,  YES,  YES,  TWICE, ORDER, ORDER, YES,   YES,  YES,  YES, YES,  YES,  YES,  ORDER,   ORDER, NONE, WHAT},
};
/* clang-format on */

mw_answer_id mwi_state_refuses(mwi_state row, mwi_command command)
{
	return (mw_answer_id)table[row][command];
}
