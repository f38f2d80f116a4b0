// A macro's value as a string.
#pragma once

#define FASTOPT_TEXT_(text) #text
#define FASTOPT_TEXT(text) FASTOPT_TEXT_(text)
