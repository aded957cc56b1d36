using System.Globalization;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Stores.Etcd.Wire;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>
/// The lock store on an etcd v3 cluster. A transaction is one Txn whose failure branch reads the compared keys; reads are linearizable; a watch
/// is a hint. No lease carries any authority. Mod revisions are etcd's own.
/// </summary>
public sealed class EtcdLockStore : ILockStore
{
    private readonly EtcdClient _client;
    private readonly ILog _log;

    /// <summary>Prepares; connects with the first call. Unreadable certificates throw (start-up).</summary>
    public EtcdLockStore(EtcdOptions options, ILog log)
    {
        _client = new EtcdClient(options, log);
        _log = log;
        Description = "etcd " + string.Join(',', options.Endpoints.Select(e => e.GetLeftPart(UriPartial.Authority)));
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>Transactions and reads sent since the start; for measurements.</summary>
    public long RoundTrips => _client.RoundTrips;

    /// <inheritdoc/>
    public async ValueTask<StoreResult> CommitAsync(StoreTransaction transaction, CancellationToken cancellation = default)
    {
        if (cancellation.IsCancellationRequested)
            return StoreResult.Failed(StoreOutcome.Unavailable, "cancelled");
        var order = new List<StoreKey>();
        foreach (var compare in transaction.Compares)
        {
            if (!order.Contains(compare.Key))
                order.Add(compare.Key);
        }

        var reads = order.ConvertAll(k => EtcdOperation.Get(k.Array));
        var isRead = transaction.Writes.Count == 0;
        var request = new TxnRequest(
            [.. transaction.Compares.Select(ToCompare)],
            isRead ? reads : [.. transaction.Writes.Select(w => w.Value is { } value ? EtcdOperation.Put(w.Key.Array, value) : EtcdOperation.Delete(w.Key.Array))],
            reads);
        var reply = await _client.TxnAsync(request, cancellation).ConfigureAwait(false);
        if (!reply.IsOk)
            return StoreResult.Failed(ToOutcome(reply.Outcome, reply.Error, isRead), reply.Text);
        if (reply.Value.Succeeded && !isRead)
            return StoreResult.Committed(reply.Value.Header.Revision);
        if (reply.Value.Results.Count != reads.Count)
            return StoreResult.Failed(isRead ? StoreOutcome.Unavailable : StoreOutcome.Unknown, "an answer without the compared keys");
        var current = transaction.Compares.Select(c => ToEntry(reply.Value.Results[order.IndexOf(c.Key)])).ToArray();
        return reply.Value.Succeeded ? StoreResult.Observed(current) : StoreResult.Conflict(current);
    }

    /// <inheritdoc/>
    public async ValueTask<StoreRange> RangeAsync(StoreKey prefix, StoreKey? after, int limit, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1000);

        // One zero byte is etcd's way to say "to the end of the key space".
        var end = KeyRange.EndOfPrefix(prefix.Bytes) ?? [0];
        byte[] start = prefix.Array;
        if (after is { } key)
        {
            if (key >= prefix && !key.StartsWith(prefix))
                return StoreRange.Found([], more: false);
            if (key >= prefix)
                start = [.. key.Bytes, 0];
        }

        var reply = await _client.RangeAsync(new RangeRequest(start, end, limit), cancellation).ConfigureAwait(false);
        return reply.IsOk
            ? StoreRange.Found([.. reply.Value.Pairs.Select(ToEntry)], reply.Value.More)
            : StoreRange.Failed(ToOutcome(reply.Outcome, reply.Error, isRead: true), reply.Text);
    }

    /// <inheritdoc/>
    public IDisposable Watch(StoreKey key, IStoreWatcher watcher) => new EtcdWatch(_client, key, watcher, _log);

    /// <inheritdoc/>
    public async ValueTask<StoreInfo> InfoAsync(CancellationToken cancellation = default)
    {
        var members = await _client.StatusAsync(cancellation).ConfigureAwait(false);
        var answered = members.Where(m => m.Error == Errno.None).ToArray();
        var list = await _client.MembersAsync(cancellation).ConfigureAwait(false);
        var alarms = await _client.AlarmsAsync(cancellation).ConfigureAwait(false);
        var raised = alarms.IsOk ? alarms.Value.Select(a => $"{AlarmName(a.Kind)} on member {a.MemberId:x}").ToList() : [];
        var warnings = members.Where(m => m.Error != Errno.None).Select(m => $"{m.Endpoint}: {m.Problem}").ToList();
        foreach (var version in answered.Select(m => m.Status!.Version).Distinct(StringComparer.Ordinal))
        {
            if (EtcdVersion.Parse(version) is { } number && EtcdVersion.Warning(number) is { } warning)
                warnings.Add(warning);
        }

        if (answered.Length > 0 && !list.IsOk && list.Error is Errno.EACCES)
            warnings.Add(list.Text);
        return new StoreInfo(
            answered.Length == 0 ? Worst(members) : answered.Any(m => m.Status!.Leader != 0) ? StoreOutcome.Ok : StoreOutcome.Unavailable,
            "etcd",
            answered.Length == 0 ? "" : answered[0].Status!.Version,
            alarms.IsOk && alarms.Value.Any(a => a.Kind is EtcdAlarmKind.NoSpace or EtcdAlarmKind.Corrupt),
            list.IsOk && list.Value.Count(m => !m.IsLearner) >= 3,
            raised,
            warnings,
            [.. members.Select(Describe)],
            answered.Length == 0 ? string.Join("; ", members.Select(m => $"{m.Endpoint}: {m.Problem}")) : answered.All(m => m.Status!.Leader == 0) ? "no leader" : null);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The store's word for what a call of the client came to.</summary>
    internal static StoreOutcome ToOutcome(EtcdOutcome outcome, Errno error, bool isRead)
    {
        if (outcome == EtcdOutcome.Unknown && !isRead)
            return StoreOutcome.Unknown;
        return error switch
        {
            // Reads never meet a full quota; a corrupt cluster refuses both.
            Errno.ENOSPC => StoreOutcome.ReadOnly,
            Errno.EIO when outcome == EtcdOutcome.NotApplied && !isRead => StoreOutcome.ReadOnly,
            Errno.EACCES or Errno.EXDEV or Errno.EPROTONOSUPPORT or Errno.EINVAL or Errno.EMSGSIZE => StoreOutcome.Refused,
            _ => StoreOutcome.Unavailable,
        };
    }

    private static StoreOutcome Worst(IReadOnlyList<EtcdMemberStatus> members) =>
        members.Any(m => m.Error is Errno.EXDEV or Errno.EPROTONOSUPPORT or Errno.EACCES) ? StoreOutcome.Refused : StoreOutcome.Unavailable;

    private static string Describe(EtcdMemberStatus member)
    {
        if (member.Status is not { } status)
            return $"{member.Endpoint} {member.Problem}";
        var role = status.IsLearner ? "learner" : status.Leader == status.Header.MemberId ? "leader" : status.Leader == 0 ? "no leader" : "follower";
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{member.Endpoint} {status.Header.MemberId:x} {role} {status.Version} {member.LatencyMs:F1} ms, {status.DatabaseBytes} bytes, term {status.RaftTerm}");
        return member.Problem.Length > 0 ? $"{line}, {member.Problem}" : line;
    }

    private static string AlarmName(EtcdAlarmKind kind) => kind switch
    {
        EtcdAlarmKind.NoSpace => "NOSPACE",
        EtcdAlarmKind.Corrupt => "CORRUPT",
        _ => $"alarm {(int)kind}",
    };

    private static EtcdCompare ToCompare(StoreCompare compare) => compare.Condition switch
    {
        StoreCondition.Exists => EtcdCompare.Exists(compare.Key.Array),
        StoreCondition.Absent => EtcdCompare.Absent(compare.Key.Array),
        _ => EtcdCompare.ModIs(compare.Key.Array, compare.Revision),
    };

    private static StoreEntry? ToEntry(EtcdOperationResult result) => result.Pairs.Count == 0 ? null : ToEntry(result.Pairs[0]);

    private static StoreEntry ToEntry(EtcdKeyValue pair) => new(new StoreKey(pair.Key), pair.Value, pair.ModRevision);
}
