using System.Diagnostics;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Who may connect, as whom, and how much a user and a client may have at a time.</summary>
public sealed unsafe partial class RingsServer
{
    // Users the log has named; more are refused in silence, so that nobody fills it.
    private const int MostToldUsers = 64;
    private const int LeastCheckMs = 5;

    /// <summary>Distinct credentials in use; for tests.</summary>
    internal int Personalities => _identities.Count;

    /// <summary>What both protocols hold; for tests.</summary>
    internal RingsHoldings Holdings => _holdings;

    private bool TryCountFile(RingsSession session)
    {
        if (!_holdings.TryTakeFile(session.User))
            return false;
        session.FreeFiles--;
        return true;
    }

    private void UncountFile(RingsSession session)
    {
        session.FreeFiles++;
        _holdings.GiveFile(session.User);
    }

    private void Admit(int socket)
    {
        var slot = Array.IndexOf(_sessions, null);
        if (slot < 0 || Sockets.PeerCredentials(socket) is not { } peer)
        {
            FileCalls.Close(socket);
            return;
        }

        // Groups that cannot be asked for count as none.
        var groups = _needsGroups ? Sockets.PeerGroups(socket) ?? [] : [];
        if (!IsAllowed(peer.Uid, peer.Gid, groups))
        {
            Refuse(socket, peer.Uid, "neither the user nor one of its groups is allowed");
            return;
        }

        var user = _holdings.TryEnter(peer.Uid, DescriptorsOfSession, out var hasUserAll);
        if (user is null)
        {
            if (hasUserAll)
                Refuse(socket, peer.Uid, "it has all its connections already");
            else
                FileCalls.Close(socket);
            return;
        }

        var identity = _identities.Take(peer.Uid, peer.Gid, groups);
        if (!identity.IsOk)
        {
            _holdings.LeavePlace();
            _holdings.Leave(user, DescriptorsOfSession);
            Refuse(socket, peer.Uid, ThreadIdentity.OwnUid == 0
                ? $"cannot act as that user: {Text(identity.Error)}"
                : $"a server that is not root serves only its own user, {ThreadIdentity.OwnUid}; run it as root or as the user it is for, or let everybody act as the server (act_as: server)");
            return;
        }

        var memory = _memory[slot] ??= new RingsSessionMemory(
            Math.Max(LeastInput, 2 * (RingsWire.LongRequestSize + _options.IoBytesMax)),
            RingsWire.HandshakeResultSize + RingsWire.StatsSize + RingsWire.TraceHeadSize + (RingsWire.TraceCapacity * RingsWire.TraceEventSize)
            + ((_options.RegisteredFds + _options.RegisteredBuffers) * RingsWire.ResourceResultSize)
            + (int)Math.Min(MostTaskOutput + _options.IoBytesMax, _ringEntries * (long)(RingsWire.SubmitResultSize + RingsWire.CompletionSize + _options.IoBytesMax)));
        var session = new RingsSession(socket, slot, ++_generation, _options.RegisteredFds, _options.RegisteredBuffers, memory)
        {
            Peer = peer, Identity = identity.Value, User = user,
        };
        _sessions[slot] = session;
        _sessionCount++;

        // Bytes may be there already: the first look costs one call and saves a turn.
        session.IsReadable = true;
        Activate(session);
    }

    private bool IsAllowed(uint uid, uint gid, uint[] groups)
    {
        if ((_options.AllowedUids.Count == 0 && _options.AllowedGids.Count == 0) || _options.AllowedUids.Contains(uid) || _options.AllowedGids.Contains(gid))
            return true;
        foreach (var group in groups)
        {
            if (_options.AllowedGids.Contains(group))
                return true;
        }

        return false;
    }

    private void Refuse(int socket, uint uid, string why)
    {
        FileCalls.Close(socket);
        if (_toldUsers.Count < MostToldUsers && _toldUsers.Add(uid))
            _options.Log.Write(LogLevel.Warning, $"rings: refused user {uid}: {why}");
    }

    // A slot for one more descriptor, or null when the client, its user or the process has all it may have.
    private RingsFile? FreeFile(RingsSession session)
    {
        if (!_holdings.HasRoomFor(session.User))
            return null;
        foreach (var file in session.Files)
        {
            if (file.Id == 0)
                return file;
        }

        if (session.Files.Count == _options.RegisteredFds)
            return null;
        session.Files.Add(new RingsFile());
        return session.Files[^1];
    }

    // Checks 1 and 2, and the quotas beside them.
    private bool IsAtLimit(RingsSession session, uint bytes) =>
        _creditTasks >= _capacity || session.CreditTasks >= _perClient
        || (_options.PerUserCredits > 0 && session.User.Credits >= _options.PerUserCredits)
        || (_options.PerClientBytes > 0 && session.BytesInFlight + bytes > _options.PerClientBytes)
        || (_options.PerUserBytes > 0 && session.User.Bytes + bytes > _options.PerUserBytes);

    // Cancels what has run for too long. The kernel says when it is over; what it cannot stop, such as a read of a disk, ends by itself.
    private void EndOverdue()
    {
        if (_taskLimit == 0 || _outstanding == 0)
            return;
        var now = Stopwatch.GetTimestamp();
        if (now < _nextOverdueCheck)
            return;
        _nextOverdueCheck = now + Math.Max(_taskLimit / 8, LeastCheckMs * Stopwatch.Frequency / 1000);
        foreach (var task in _tasks)
        {
            if (task.Id == 0 || task.Kind is RingsKind.Close or RingsKind.Cancel || now - task.StartedAt < _taskLimit)
                continue;
            if (CancelWaiting(task))
            {
                task.IsOverdue = true;
                continue;
            }

            var entry = Next();
            if (entry == null)
                return;
            entry->Opcode = RingsOpcodes.AsyncCancel;
            entry->Address = Tag(TagTask, task.Generation, (uint)task.Index);
            entry->UserData = Tag(TagIgnore, 0, 0);
            task.IsOverdue = true;
        }
    }

    private int UntilOverdueCheck() =>
        (int)Math.Clamp(((_nextOverdueCheck - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency) + 1, 1, int.MaxValue);
}
