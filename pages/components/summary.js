// Everything the summary page runs on.
import "./progress.js";
import "./player.js";
import "./coverage.js";
import "./transcript.js";
import "./quiz.js";
import "./reader.js";
