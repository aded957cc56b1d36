using System.Globalization;
using System.Text;
using System.Text.Json;
using Pentode.Core;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Daemon.Services;

/// <summary>What the control socket answers about locks: the lists and the means to end what hangs.</summary>
internal sealed class LocksCommands(LockManager manager)
{
    /// <summary>The answer to a request as one line of JSON.</summary>
    public Task<string> AnswerAsync(LocksRequest request) => request.Action switch
    {
        "list" => ListAsync(request.Domain),
        "nodes" => NodesAsync(),
        "break" => BreakAsync(request),
        "declare-dead" => DeclareDeadAsync(request.Node),
        var other => Task.FromResult(Error($"unknown action '{other}': list, nodes, break, declare-dead")),
    };

    /// <summary>The text of the file <c>.locks</c>: one line for each session in each record.</summary>
    internal static async ValueTask<string> DescribeAsync(LockManager manager)
    {
        var listings = await manager.ListAsync().ConfigureAwait(false);
        if (!listings.IsOk)
            return $"# the store does not answer: {ErrnoText.Describe(listings.Error)}\n";
        var text = new StringBuilder();
        foreach (var listing in listings.Value)
        {
            if (listing.Problem is { } problem)
                text.Append(CultureInfo.InvariantCulture, $"{listing.Domain}/{listing.Name}\t# {problem}\n");
            foreach (var party in listing.Parties)
                text.Append(CultureInfo.InvariantCulture, $"{listing.Domain}/{listing.Name}\t{NodeOf(party)}\t{Word(party.Granted)}\t{Word(party.Wanted)}\t{party.Token}\n");
        }

        return text.ToString();
    }

    private static string NodeOf(LockParty party) => party.Node.Length > 0 ? party.Node : party.Session.ToString();

    private static string Word(LockMode mode) => mode switch { LockMode.Exclusive => "exclusive", LockMode.Shared => "shared", _ => "none" };

    private async Task<string> ListAsync(string? domain)
    {
        LockName? only = null;
        if (domain is not null)
        {
            if (!LockName.TryCreate(Encoding.UTF8.GetBytes(domain), out var name))
                return Error($"'{domain}' is no name of a domain");
            only = name;
        }

        var listings = await manager.ListAsync(only).ConfigureAwait(false);
        return listings.IsOk ? Json(w => WriteLocks(w, listings.Value)) : Error(listings.Error);
    }

    private async Task<string> NodesAsync()
    {
        var sessions = await manager.SessionsAsync().ConfigureAwait(false);
        return sessions.IsOk ? Json(w => WriteNodes(w, sessions.Value)) : Error(sessions.Error);
    }

    private async Task<string> BreakAsync(LocksRequest request)
    {
        if (request.Lock is not { } path || !LockName.TryParsePath(path, out var domain, out var name))
            return Error("a lock is DOMAIN/NAME");
        return await manager.BreakAsync(domain, name, request.Force).ConfigureAwait(false) switch
        {
            Errno.None => "{\"done\":true}",
            Errno.EBUSY => Error($"{path} is held by a node that is alive; --force takes it away all the same"),
            Errno.ENOENT => Error($"nobody holds {path}"),
            var error => Error(error),
        };
    }

    private async Task<string> DeclareDeadAsync(string? node)
    {
        if (string.IsNullOrEmpty(node))
            return Error("a node is needed");
        return await manager.DeclareDeadAsync(node).ConfigureAwait(false) switch
        {
            Errno.None => "{\"done\":true}",
            Errno.ENOENT => Error($"there is no node '{node}'"),
            Errno.EBUSY => Error($"node {node} is alive: it beat at this moment"),
            Errno.EINVAL => Error($"{node} is this node"),
            var error => Error(error),
        };
    }

    private static void WriteLocks(Utf8JsonWriter w, IReadOnlyList<LockListing> listings)
    {
        w.WriteStartArray("locks");
        foreach (var listing in listings)
        {
            w.WriteStartObject();
            w.WriteString("domain", listing.Domain.ToString());
            w.WriteString("name", listing.Name.ToString());
            w.WriteNumber("token", listing.Token);
            w.WriteString("value_hex", Convert.ToHexStringLower(listing.Value));
            w.WriteString("value_state", listing.ValueState.ToString().ToLowerInvariant());
            if (listing.Problem is { } problem)
                w.WriteString("problem", problem);
            w.WriteStartArray("parties");
            foreach (var party in listing.Parties)
                WriteParty(w, party);
            w.WriteEndArray();
            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    private static void WriteParty(Utf8JsonWriter w, LockParty party)
    {
        w.WriteStartObject();
        w.WriteString("node", NodeOf(party));
        w.WriteBoolean("alive", party.IsAlive);
        w.WriteString("granted", Word(party.Granted));
        w.WriteString("wanted", Word(party.Wanted));
        w.WriteNumber("token", party.Token);
        w.WriteStartArray("users");
        foreach (var user in party.Users)
        {
            w.WriteStartObject();
            w.WriteString("mode", Word(user.Mode));
            w.WriteBoolean("waiting", user.IsWaiting);
            w.WriteNumber("pid", user.OpenerPid);
            w.WriteNumber("age_ms", user.AgeMs);
            if (user.Command is { } command)
                w.WriteString("command", command);
            w.WriteEndObject();
        }

        w.WriteEndArray();
        w.WriteEndObject();
    }

    private static void WriteNodes(Utf8JsonWriter w, IReadOnlyList<SessionListing> sessions)
    {
        w.WriteStartArray("nodes");
        foreach (var session in sessions)
        {
            w.WriteStartObject();
            w.WriteString("node", session.Node);
            w.WriteString("session", session.Session.ToString());
            w.WriteNumber("pid", session.ProcessId);
            w.WriteString("address", session.Address);
            w.WriteNumber("beat", session.Beat);
            w.WriteBoolean("own", session.IsOwn);
            w.WriteEndObject();
        }

        w.WriteEndArray();
    }

    private static string Error(Errno error) => Error(error == Errno.ENOTCONN ? "the store does not answer, or this node has no session (ENOTCONN)" : ErrnoText.Describe(error));

    private static string Error(string message) => Json(w => w.WriteString("error", message));

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
