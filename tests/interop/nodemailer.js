// SPDX-License-Identifier: MIT
// nodemailer. What is checked in the Maildir is done by lib.sh.
const { execFileSync } = require("child_process");
const fs = require("fs");
const nodemailer = require("nodemailer");

const env = process.env;
const ca = fs.readFileSync(env.work + "/cert.pem");

function lib(command) {
	return execFileSync("sh", ["-c", `. "$here/lib.sh"; : >"$work/out"; ${command}`], {
		maxBuffer: 1 << 24,
		stdio: ["ignore", "pipe", "inherit"],
	});
}

function tell(command) {
	process.stdout.write(lib(command));
}

function transport(port, options) {
	return nodemailer.createTransport({ host: "127.0.0.1", port, name: "client.example", tls: { ca }, ...options });
}

async function send(name, kind, to, through) {
	await through.sendMail({ envelope: { from: "bob@example.org", to }, raw: lib(`mail ${kind} ${name}`) });
	through.close();
}

async function refused(name, code, words, through, envelope, kind) {
	const raw = lib(`mail ${kind || "dots"} refused`);
	try {
		await through.sendMail({ envelope: { from: "bob@example.org", to: "bob@example.org", ...envelope }, raw });
		tell(`fail '${name}'`);
	} catch (e) {
		const good = e.responseCode === code && e.response.includes(words);
		if (!good) console.log(e.message);
		tell(`${good ? "pass" : "fail"} '${name}'`);
	}
	through.close();
}

async function main() {
	const bob = { user: "bob@example.org", pass: "secret" };
	const plain = { ignoreTLS: true };
	await send("plain", "dots", "bob@example.org", transport(env.MX, plain));
	tell("arrived dots plain bob 'with ESMTP id'");
	await send("starttls", "eight", "bob@example.org", transport(env.MX, { requireTLS: true }));
	tell("arrived eight starttls bob 'with ESMTPS id'");
	await send("tls", "large", "bob@example.org", transport(env.SUBMISSIONS, { secure: true, auth: bob }));
	tell("arrived large tls bob 'with ESMTPSA id'");
	await send("login", "long", "bob@example.org", transport(env.SUBMISSION, { requireTLS: true, auth: bob, authMethod: "LOGIN" }));
	tell("arrived long login bob 'with ESMTPSA id'");
	await send("utf8", "eight", "zoë@example.org", transport(env.MX, plain));
	tell("arrived eight utf8 zo%C3%AB 'with UTF8SMTP id'");
	const pool = transport(env.MX, { pool: true, maxConnections: 3, requireTLS: true });
	await Promise.all(
		Array.from({ length: 12 }, (_, i) =>
			pool.sendMail({ envelope: { from: "bob@example.org", to: "eve@example.org" }, raw: lib(`mail dots pool${i}`) })
		)
	);
	pool.close();
	tell("for i in 0 5 11; do arrived dots pool$i eve; done");
	await refused("wrong password", 535, "5.7.8", transport(env.SUBMISSIONS, { secure: true, auth: { ...bob, pass: "wrong" } }));
	await refused("no relaying", 550, "5.7.1", transport(env.MX, plain), { to: "ann@example.com" });
	await refused("unknown user", 550, "5.1.1", transport(env.MX, plain), { to: "nobody@example.org" });
	await refused("sender of somebody else", 553, "5.7.1", transport(env.SUBMISSIONS, { secure: true, auth: bob }), {
		from: "eve@example.org",
	});
	await refused("mail before login", 530, "5.7.0", transport(env.SUBMISSIONS, { secure: true }));
	await refused("mail before TLS", 530, "5.7.0", transport(env.SUBMISSION, plain));
	await refused("too large", 552, "5.3.4", transport(env.MX, plain), {}, "huge");
}

main().catch((e) => {
	console.log(e);
	process.exitCode = 1;
});
