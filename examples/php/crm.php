<?php
// A CRM's message queue that wabridge polls: one file, one SQLite database.
//
//   CRM_SECRET=choose-a-long-one php -S 127.0.0.1:9700 crm.php
//
// and in wabridge.yaml:
//
//   crm:
//     - {name: shop, url: http://127.0.0.1:9700/queue, results_url: http://127.0.0.1:9700/results,
//        incoming_url: http://127.0.0.1:9700/incoming, secret: choose-a-long-one}
//
// http://127.0.0.1:9700/ shows what was sent and received, and takes new messages.
// docs/crm.md describes the protocol.
declare(strict_types=1);

$secret = getenv('CRM_SECRET') ?: exit("CRM_SECRET is not set: give the secret of wabridge.yaml\n");
$db = open_database(getenv('CRM_DB') ?: __DIR__ . '/crm.db');
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

switch ($_SERVER['REQUEST_METHOD'] . ' ' . $path) {
    case 'GET /queue':     require_secret($secret); hand_out($db); break;
    case 'POST /results':  require_secret($secret); take_results($db, body()); break;
    case 'POST /incoming': require_secret($secret); take_incoming($db, body()); break;
    case 'GET /':          page($db); break;
    case 'POST /':         enqueue($db); break;
    default:               answer(404, ['error' => 'there is nothing here']);
}

function open_database(string $file): PDO
{
    $db = new PDO('sqlite:' . $file, options: [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
    $db->exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000');
    $db->exec("CREATE TABLE IF NOT EXISTS outgoing (
        id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, text TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'waiting', error TEXT NOT NULL DEFAULT '', message_id TEXT NOT NULL DEFAULT '')");
    $db->exec("CREATE TABLE IF NOT EXISTS incoming (
        id TEXT PRIMARY KEY, sender TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL)");
    return $db;
}

// hand_out gives the oldest messages that the gateway has not taken. It may ask
// for the same ones again, until it has told that they are accepted or rejected.
function hand_out(PDO $db): void
{
    $limit = max(1, min(100, (int) ($_GET['limit'] ?? 20)));
    $rows = $db->query("SELECT id, recipient AS \"to\", text FROM outgoing WHERE status = 'waiting' ORDER BY id LIMIT $limit")->fetchAll();
    if (!$rows) {
        http_response_code(204);
        return;
    }
    answer(200, ['messages' => $rows]);
}

// take_results notes what became of messages. A result may come twice, which
// changes nothing, and an older one after a newer one is ignored.
function take_results(PDO $db, array $body): void
{
    $order = ['waiting' => 0, 'accepted' => 1, 'sent' => 2, 'delivered' => 3, 'read' => 4, 'failed' => 9, 'rejected' => 9];
    $find = $db->prepare('SELECT status FROM outgoing WHERE id = ?');
    $save = $db->prepare('UPDATE outgoing SET status = ?, error = ?, message_id = ? WHERE id = ?');
    $db->beginTransaction();
    foreach ($body['results'] ?? [] as $result) {
        $find->execute([$result['id']]);
        $now = $find->fetchColumn();
        if ($now === false || ($order[$result['status']] ?? 0) <= $order[$now]) {
            continue;
        }
        $error = $result['error'] ?? [];
        $words = $error['details'] ?? $error['title'] ?? '';
        $save->execute([$result['status'], $words, $result['message_id'] ?? '', $result['id']]);
    }
    $db->commit();
    answer(200, []);
}

// take_incoming keeps what people write; the same message may come twice.
function take_incoming(PDO $db, array $body): void
{
    $save = $db->prepare('INSERT OR IGNORE INTO incoming (id, sender, name, text, at) VALUES (?, ?, ?, ?, ?)');
    $db->beginTransaction();
    foreach ($body['messages'] ?? [] as $m) {
        $save->execute([$m['id'], $m['from'], $m['name'] ?? '', $m['text'] ?? '', $m['timestamp']]);
    }
    $db->commit();
    answer(200, []);
}

// enqueue takes a message from the page's form.
function enqueue(PDO $db): void
{
    if (($_SERVER['HTTP_SEC_FETCH_SITE'] ?? 'same-origin') !== 'same-origin') {
        answer(403, ['error' => 'forms of other sites are not taken']);
        return;
    }
    $to = preg_replace('/[^0-9]/', '', (string) ($_POST['to'] ?? ''));
    $text = trim((string) ($_POST['text'] ?? ''));
    if ($to === '' || $text === '') {
        answer(400, ['error' => 'to and text are needed']);
        return;
    }
    $db->prepare('INSERT INTO outgoing (recipient, text) VALUES (?, ?)')->execute([$to, $text]);
    header('Location: /', response_code: 303);
}

function page(PDO $db): void
{
    $h = fn($s) => htmlspecialchars((string) $s, ENT_QUOTES);
    echo '<!doctype html><meta charset="utf-8"><title>CRM</title><h1>CRM</h1>',
        '<form method="post"><input name="to" placeholder="number" required> <input name="text" size="60" placeholder="text" required> <button>Send</button></form>',
        '<h2>Sent</h2><table>';
    foreach ($db->query('SELECT * FROM outgoing ORDER BY id DESC LIMIT 50') as $m) {
        echo "<tr><td>{$h($m['id'])}<td>{$h($m['recipient'])}<td>{$h($m['text'])}<td>{$h($m['status'])}<td>{$h($m['error'])}";
    }
    echo '</table><h2>Received</h2><table>';
    foreach ($db->query('SELECT * FROM incoming ORDER BY at DESC LIMIT 50') as $m) {
        echo "<tr><td>{$h(date('Y-m-d H:i', $m['at']))}<td>{$h($m['sender'])}<td>{$h($m['name'])}<td>{$h($m['text'])}";
    }
    echo '</table>';
}

function require_secret(string $secret): void
{
    if (!hash_equals("Bearer $secret", $_SERVER['HTTP_AUTHORIZATION'] ?? '')) {
        answer(401, ['error' => 'Authorization must be Bearer and the secret']);
        exit;
    }
}

function body(): array
{
    $body = json_decode(file_get_contents('php://input'), true);
    if (!is_array($body)) {
        answer(400, ['error' => 'the body is no JSON object']);
        exit;
    }
    return $body;
}

function answer(int $status, array $what): void
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode((object) $what);
}
