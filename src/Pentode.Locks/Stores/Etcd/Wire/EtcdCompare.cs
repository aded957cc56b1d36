namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>Compare: result 1, target 2, key 3, then the operand in the field of the target. All compares of a transaction must hold.</summary>
/// <param name="Result">How to compare.</param>
/// <param name="Target">What of the key to compare.</param>
/// <param name="Key">The key; one that does not exist has revision and version 0.</param>
/// <param name="Number">Operand of the numeric targets.</param>
/// <param name="Value">Operand of <see cref="EtcdCompareTarget.Value"/>.</param>
internal readonly record struct EtcdCompare(EtcdCompareResult Result, EtcdCompareTarget Target, byte[] Key, long Number, byte[] Value)
{
    /// <summary>The key exists.</summary>
    public static EtcdCompare Exists(byte[] key) => new(EtcdCompareResult.Greater, EtcdCompareTarget.Create, key, 0, []);

    /// <summary>The key does not exist.</summary>
    public static EtcdCompare Absent(byte[] key) => new(EtcdCompareResult.Equal, EtcdCompareTarget.Create, key, 0, []);

    /// <summary>The key was last changed at that revision; 0 means it does not exist.</summary>
    public static EtcdCompare ModIs(byte[] key, long revision) => new(EtcdCompareResult.Equal, EtcdCompareTarget.Mod, key, revision, []);

    /// <summary>The key exists with that value.</summary>
    public static EtcdCompare ValueIs(byte[] key, byte[] value) => new(EtcdCompareResult.Equal, EtcdCompareTarget.Value, key, 0, value);

    /// <summary>Appends the compare as a message under <paramref name="field"/>.</summary>
    public void Write(ProtoWriter writer, int field)
    {
        var start = writer.Begin(field);
        writer.Number(1, (long)Result);
        writer.Number(2, (long)Target);
        writer.Bytes(3, Key);
        if (Target == EtcdCompareTarget.Value)
            writer.BytesAlways(7, Value);
        else
            writer.NumberAlways(4 + (int)Target, Number);
        writer.End(start);
    }
}
