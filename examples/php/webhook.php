<?php
// A receiver of webhooks in the Cloud API's form: checks the signature, keeps
// messages and statuses in SQLite once each, and writes a line for each.
//
//   VERIFY_TOKEN=one APP_SECRET=two php -S 127.0.0.1:9701 webhook.php
//   wabridge webhook add http://127.0.0.1:9701/ --verify-token one --secret two
//
// docs/webhooks.md describes what comes.
declare(strict_types=1);

$verify = getenv('VERIFY_TOKEN') ?: exit("VERIFY_TOKEN is not set\n");
$secret = getenv('APP_SECRET') ?: exit("APP_SECRET is not set\n");

if ($_SERVER['REQUEST_METHOD'] === 'GET') { // the handshake
    // PHP writes hub.mode as hub_mode.
    $right = ($_GET['hub_mode'] ?? '') === 'subscribe' && hash_equals($verify, $_GET['hub_verify_token'] ?? '');
    http_response_code($right ? 200 : 403);
    echo $right ? $_GET['hub_challenge'] : 'wrong verify token';
    exit;
}

$body = file_get_contents('php://input');
$signature = 'sha256=' . hash_hmac('sha256', $body, $secret);
if (!hash_equals($signature, $_SERVER['HTTP_X_HUB_SIGNATURE_256'] ?? '')) {
    http_response_code(401);
    exit('wrong signature');
}

$db = new PDO('sqlite:' . (getenv('WEBHOOK_DB') ?: __DIR__ . '/webhook.db'), options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$db->exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000');
$db->exec('CREATE TABLE IF NOT EXISTS seen (id TEXT, what TEXT, body TEXT, PRIMARY KEY (id, what))');
$save = $db->prepare('INSERT OR IGNORE INTO seen (id, what, body) VALUES (?, ?, ?)');

// keep stores one thing; false if it was here before.
$keep = function (string $id, string $what, array $thing) use ($save): bool {
    $save->execute([$id, $what, json_encode($thing)]);
    return $save->rowCount() === 1;
};

foreach (json_decode($body, true)['entry'] ?? [] as $entry) {
    foreach ($entry['changes'] ?? [] as $change) {
        foreach ($change['value']['messages'] ?? [] as $m) {
            if ($keep($m['id'], 'message', $m)) {
                error_log("message from {$m['from']}: " . ($m['text']['body'] ?? "({$m['type']})"));
            }
        }
        foreach ($change['value']['statuses'] ?? [] as $s) {
            if ($keep($s['id'], $s['status'], $s)) {
                error_log("{$s['id']} is {$s['status']}");
            }
        }
    }
}
echo 'ok';
