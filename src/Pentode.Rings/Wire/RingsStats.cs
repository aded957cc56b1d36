using Pentode.Core.Codecs;

namespace Pentode.Rings.Wire;

/// <summary>Answer to GET_STATS, 56 bytes: numbers of the whole server.</summary>
/// <remarks><c>active_clients[4] outstanding_tasks[4] outstanding_credit_tasks[4] available_credits[4] registered_files[4] registered_buffers[4] accepted_submits[8] rejected_submits[8] completions[8] per_client_credit_limit[4] clients_at_credit_limit[4]</c></remarks>
public readonly record struct RingsStats
{
    /// <summary>Connections.</summary>
    public uint ActiveClients { get; init; }

    /// <summary>Tasks not yet completed.</summary>
    public uint OutstandingTasks { get; init; }

    /// <summary>Those of them that hold a credit.</summary>
    public uint OutstandingCreditTasks { get; init; }

    /// <summary>Free credits.</summary>
    public uint AvailableCredits { get; init; }

    /// <summary>Descriptors held.</summary>
    public uint RegisteredFiles { get; init; }

    /// <summary>Buffers held.</summary>
    public uint RegisteredBuffers { get; init; }

    /// <summary>Tasks accepted so far.</summary>
    public ulong AcceptedSubmits { get; init; }

    /// <summary>Tasks refused so far.</summary>
    public ulong RejectedSubmits { get; init; }

    /// <summary>Tasks completed so far.</summary>
    public ulong Completions { get; init; }

    /// <summary>Credits one client may hold.</summary>
    public uint PerClientCreditLimit { get; init; }

    /// <summary>Clients that hold as many.</summary>
    public uint ClientsAtCreditLimit { get; init; }

    /// <summary>Reads exactly this message; false when it is too short, too long or not one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out RingsStats message)
    {
        var reader = new LittleEndianReader(data);
        message = new RingsStats
        {
            ActiveClients = reader.U32(),
            OutstandingTasks = reader.U32(),
            OutstandingCreditTasks = reader.U32(),
            AvailableCredits = reader.U32(),
            RegisteredFiles = reader.U32(),
            RegisteredBuffers = reader.U32(),
            AcceptedSubmits = reader.U64(),
            RejectedSubmits = reader.U64(),
            Completions = reader.U64(),
            PerClientCreditLimit = reader.U32(),
            ClientsAtCreditLimit = reader.U32(),
        };
        return reader.Done();
    }

    /// <summary>Writes it; returns its length, or 0 when it does not fit.</summary>
    public int Write(Span<byte> to)
    {
        var writer = new LittleEndianWriter(to);
        writer.U32(ActiveClients);
        writer.U32(OutstandingTasks);
        writer.U32(OutstandingCreditTasks);
        writer.U32(AvailableCredits);
        writer.U32(RegisteredFiles);
        writer.U32(RegisteredBuffers);
        writer.U64(AcceptedSubmits);
        writer.U64(RejectedSubmits);
        writer.U64(Completions);
        writer.U32(PerClientCreditLimit);
        writer.U32(ClientsAtCreditLimit);
        return writer.IsOverrun ? 0 : writer.Position;
    }
}
