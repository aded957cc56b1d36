namespace Pentode.Rings.Server.V2;

/// <summary>A slot of a client for a descriptor.</summary>
internal sealed class EngineFile(int slot)
{
    public const int SlotBits = 12;
    private const uint MostGeneration = 0x7FFFF;

    public int Slot { get; } = slot;

    /// <summary>The descriptor; -1 for a free slot or one whose descriptor is on its way.</summary>
    public int Descriptor { get; private set; } = -1;

    /// <summary>Tells the uses of the slot apart.</summary>
    public uint Generation { get; private set; }

    /// <summary>Operations that use it.</summary>
    public int Users { get; set; }

    /// <summary>No new operation may use it.</summary>
    public bool IsClosing { get; set; }

    public bool IsTaken { get; private set; }

    /// <summary>Regular file or block device: operations on it end by themselves.</summary>
    public bool IsStorage { get; private set; }

    /// <summary>Regular file of tmpfs: operations on it never wait for a disk or another process.</summary>
    public bool IsInMemory { get; private set; }

    /// <summary>Of a pipe; null for others.</summary>
    public PipeTurns<EngineTask>? Turns { get; private set; }

    /// <summary>Opened by the server for this client, hence inside the roots.</summary>
    public bool IsOpenedHere { get; private set; }

    /// <summary>What clients call it: generation and slot, never 0, positive as a 32-bit number.</summary>
    public uint Id => (Generation << SlotBits) | (uint)(Slot + 1);

    public void Take()
    {
        IsTaken = true;
        Generation = Generation >= MostGeneration - 1 ? 0 : Generation + 1;
    }

    public void Fill(int descriptor, FileNature nature, bool isOpenedHere)
    {
        IsInMemory = nature.IsInMemory;
        Descriptor = descriptor;
        IsStorage = nature.IsStorage;
        IsOpenedHere = isOpenedHere;
        Turns = nature.IsPipe ? new PipeTurns<EngineTask>(static (task, generation) => task.Generation == generation && task.State == EngineTaskState.Pending) : null;
    }

    /// <summary>Frees the slot; gives the descriptor to close, or -1.</summary>
    public int Free()
    {
        var descriptor = Descriptor;
        Descriptor = -1;
        IsTaken = false;
        IsClosing = false;
        Users = 0;
        return descriptor;
    }
}
