// A bot on irc-framework: repeats "!echo TEXT", and prints every message it receives as JSON.
"use strict";

const [modules, port, nick] = process.argv.slice(2);
const { Client } = require(`${modules}/irc-framework`);

const bot = new Client({
	host: "127.0.0.1",
	port: Number(port),
	nick,
	username: nick,
	gecos: "A bot",
	auto_reconnect: false, // the library gives up on a connection that lasted less than five seconds
});
const RECONNECT_MILLISECONDS = 200;

function print(kind, event, text) {
	const shown = { kind, nick: event.nick, text, batch: event.batch?.type ?? null };
	process.stdout.write(`${JSON.stringify(shown)}\n`);
}

bot.on("join", (event) => print("join", event, event.channel));
bot.on("message", (event) => {
	print(event.type, event, event.message);
	const [, text] = event.message.match(/^!echo (.*)$/) ?? [];
	if (event.type === "privmsg" && text) {
		event.reply(text);
	}
});
bot.on("registered", () => bot.join("#general"));
bot.on("close", () => setTimeout(() => bot.connect(), RECONNECT_MILLISECONDS));
bot.connect();
