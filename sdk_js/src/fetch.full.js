// Where do the later files come from, in a build that contains them?

import { form } from "./form/main.js";
import { idle } from "./idle/main.js";
import { more } from "./more/main.js";

export const fetchFile = async () => ({ form, idle, more });
