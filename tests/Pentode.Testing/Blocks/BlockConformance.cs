using Pentode.Blocks;
using Pentode.Core;
using Pentode.Uring;
using Xunit;

namespace Pentode.Testing.Blocks;

/// <summary>What every block backend must do, seen through <see cref="BlockExport"/>. A subclass names the backend and the engine; null runs off the loops.</summary>
public abstract class BlockConformance(string? engine)
{
    private const int Size = (1 << 20) + 4096;

    // A fault point holds one injection at a time for the whole process, and test classes run in parallel.
    private static readonly SemaphoreSlim s_faults = new(1);

    /// <summary>A new backend that reads as zeroes.</summary>
    protected abstract IBlockBackend Create(long size);

    /// <summary>Allocated bytes are visible as data, trimmed pages as holes.</summary>
    protected virtual bool HasHoles => true;

    [Fact]
    public Task ReadsBackWhatWasWrittenAcrossPages() => Run(async export =>
    {
        foreach (var (offset, length) in new[] { (0, 1), (4095, 2), (65535, 2), (65536 - 7, 131072), (Size - 5, 5) })
        {
            var data = Pattern(length, offset);
            Assert.Equal(Errno.None, await export.Write(data, offset, fua: false));
            Assert.Equal(data, await ReadAll(export, offset, length));
        }

        Assert.Equal(new byte[1000], await ReadAll(export, 300000, 1000));
    });

    [Fact]
    public Task RefusesWhatIsOutside() => Run(async export =>
    {
        var one = Pinned(1);
        var extents = new List<BlockExtent>();
        Assert.Equal(Errno.EINVAL, await export.Read(one, Size));
        Assert.Equal(Errno.EINVAL, await export.Read(one, long.MaxValue));
        Assert.Equal(Errno.EINVAL, await export.Read(one, -1));
        Assert.Equal(Errno.ENOSPC, await export.Write(one, Size, fua: true));
        Assert.Equal(Errno.ENOSPC, await export.Zero(1, Size, ZeroFlags.None));
        Assert.Equal(Errno.ENOSPC, await export.Zero(1, long.MaxValue, ZeroFlags.None));
        Assert.Equal(Errno.EINVAL, await export.Zero(1, -1, ZeroFlags.None));
        Assert.Equal(Errno.EINVAL, await export.Trim(Size - 1, 2, fua: false));
        Assert.Equal(Errno.EINVAL, await export.Cache(0, Size + 1L));
        Assert.Equal(Errno.EINVAL, await export.Extents(0, Size + 1L, 1, extents));
        Assert.Equal(Errno.EINVAL, await export.Extents(0, 1, 0, extents));
        Assert.Empty(extents);
        Assert.Equal(Errno.None, await export.Read(default, Size));
        Assert.Equal(Errno.None, await export.Write(default, Size, fua: false));
        Assert.Equal(11, export.Errors);
        Assert.Equal(13, export.Operations);
    });

    [Fact]
    public Task ReadOnlyRefusesChanges() => Run(
        async export =>
        {
            Assert.True(export.IsReadOnly);
            Assert.Equal(Errno.EPERM, await export.Write(Pinned(1), 0, fua: false));
            Assert.Equal(Errno.EPERM, await export.Zero(0, 1, ZeroFlags.None));
            Assert.Equal(Errno.EPERM, await export.Trim(0, 1, fua: false));
            Assert.Equal(Errno.None, await export.Read(Pinned(1), 0));
            Assert.Equal(Errno.None, await export.Flush());
        },
        new BlockExportOptions { ReadOnly = true });

    [Fact]
    public Task ZeroAndTrimLeaveTheRestAlone() => Run(async export =>
    {
        foreach (var flags in new[] { ZeroFlags.None, ZeroFlags.NoHole, ZeroFlags.Fua, ZeroFlags.NoHole | ZeroFlags.Fua })
        {
            var model = Pattern(400000, 3);
            Assert.Equal(Errno.None, await export.Write(model, 0, fua: false));
            Assert.Equal(Errno.None, await export.Zero(1000, 300001, flags));
            Array.Clear(model, 1000, 300001);
            Assert.Equal(model, await ReadAll(export, 0, model.Length));
        }

        var data = Pattern(400000, 4);
        Assert.Equal(Errno.None, await export.Write(data, 0, fua: false));
        Assert.Equal(Errno.None, await export.Trim(65536, 131072, fua: true));
        var got = await ReadAll(export, 0, data.Length);
        Assert.Equal(data[..65536], got[..65536]);
        Assert.Equal(data[196608..], got[196608..]);
    });

    [Fact]
    public Task FastZeroSucceedsOrChangesNothing() => Run(async export =>
    {
        foreach (var flags in new[] { ZeroFlags.Fast, ZeroFlags.Fast | ZeroFlags.NoHole })
        {
            var data = Pattern(65536, 5);
            Assert.Equal(Errno.None, await export.Write(data, 65536, fua: false));
            var error = await export.Zero(65536, 65536, flags);
            Assert.True(error is Errno.None or Errno.EOPNOTSUPP, error.ToString());
            Assert.Equal(error == Errno.None ? new byte[65536] : data, await ReadAll(export, 65536, 65536));
        }
    });

    [Fact]
    public Task FlushesAndDurableWritesSucceedTogether() => Run(async export =>
    {
        var tasks = new List<Task<Errno>>();
        for (var i = 0; i < 16; i++)
        {
            tasks.Add(export.Write(Pattern(4096, i), i * 4096, fua: i % 2 == 0).AsTask());
            tasks.Add(export.Flush().AsTask());
        }

        foreach (var task in tasks)
            Assert.Equal(Errno.None, await task);
        for (var i = 0; i < 16; i++)
            Assert.Equal(Pattern(4096, i), await ReadAll(export, i * 4096, 4096));
        Assert.Equal(16 * 4096, export.BytesWritten);
        Assert.Equal(16 * 4096, export.BytesRead);
    });

    [Fact]
    public Task ExtentsTellTheTruth() => Run(async export =>
    {
        Assert.Equal(Errno.None, await export.Write(Pattern(131072, 1), 65536, fua: false));
        var extents = await AllExtents(export);
        Assert.Equal(Size, extents.Sum(e => e.Length));
        if (HasHoles)
        {
            Assert.Equal(new BlockExtent(65536, true, true), extents[0]);
            Assert.Equal(new BlockExtent(131072, false, false), extents[1]);
            Assert.Equal(new BlockExtent(Size - 196608, true, true), extents[2]);
            Assert.Equal(Errno.None, await export.Trim(65536, 65536, fua: false));
            Assert.Equal(new BlockExtent(131072, true, true), (await AllExtents(export))[0]);
        }

        var first = new List<BlockExtent>();
        Assert.Equal(Errno.None, await export.Extents(100, 7, 1, first));
        Assert.Equal(7, Assert.Single(first).Length);
    });

    [Fact]
    public async Task InjectedFaultsReachTheCaller()
    {
        await s_faults.WaitAsync();
        try
        {
            await Run(InjectFaults);
        }
        finally
        {
            s_faults.Release();
        }
    }

    private static async Task InjectFaults(BlockExport export)
    {
        foreach (var (fault, call) in new (Pentode.Core.Diagnostics.FaultPoint, Func<ValueTask<Errno>>)[]
        {
            (BlockExport.ReadFault, () => export.Read(Pinned(1), 0)),
            (BlockExport.WriteFault, () => export.Write(Pinned(1), 0, fua: false)),
            (BlockExport.FlushFault, export.Flush),
            (BlockExport.ZeroFault, () => export.Zero(0, 1, ZeroFlags.None)),
            (BlockExport.TrimFault, () => export.Trim(0, 1, fua: false)),
        })
        {
            // Other tests run meanwhile in this process: fail only the calls of this one.
            var isMine = new AsyncLocal<bool> { Value = true };
            using (fault.Arm(() => isMine.Value ? Errno.ENOMEM : Errno.None))
                Assert.Equal(Errno.ENOMEM, await call());
            Assert.Equal(Errno.None, await call());
        }
    }

    [Fact]
    public Task RandomOperationsMatchAModel() => Run(async export =>
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var model = new byte[Size];
        for (var step = 0; step < 400; step++)
        {
            var offset = random.Next(Size);
            var length = random.Next(1, Math.Min(Size - offset, 200000) + 1);
            var where = $"seed {seed} step {step}";
            switch (random.Next(6))
            {
                case 0 or 1:
                    var data = Pattern(length, random.Next());
                    Assert.True(await export.Write(data, offset, random.Next(20) == 0) == Errno.None, where);
                    data.CopyTo(model, offset);
                    break;
                case 2:
                    Assert.True(await export.Zero(offset, length, (ZeroFlags)random.Next(2)) == Errno.None, where);
                    Array.Clear(model, offset, length);
                    break;
                case 3:
                    Assert.True(await export.Trim(offset, length, fua: false) == Errno.None, where);
                    Assert.Equal(Errno.None, await export.Zero(offset, length, ZeroFlags.None)); // content after a trim is not promised
                    Array.Clear(model, offset, length);
                    break;
                case 4:
                    Assert.True((await ReadAll(export, offset, length)).AsSpan().SequenceEqual(model.AsSpan(offset, length)), where);
                    break;
                default:
                    long at = 0;
                    foreach (var extent in await AllExtents(export))
                    {
                        Assert.True(!extent.IsZero || !model.AsSpan((int)at, (int)extent.Length).ContainsAnyExcept((byte)0), where);
                        at += extent.Length;
                    }

                    break;
            }
        }

        Assert.True((await ReadAll(export, 0, Size)).AsSpan().SequenceEqual(model), $"seed {seed}");
    });

    [Fact]
    public async Task ClosedExportRefuses()
    {
        var export = new BlockExport("x", Create(Size));
        await export.DisposeAsync();
        await export.DisposeAsync();
        Assert.Equal(Errno.ESHUTDOWN, await export.Read(Pinned(1), 0));
        Assert.Equal(Errno.ESHUTDOWN, await export.Flush());
    }

    /// <summary>Runs a body against a fresh export, on a loop of the engine if one was named.</summary>
    protected async Task Run(Func<BlockExport, Task> body, BlockExportOptions? options = null)
    {
        await using var export = new BlockExport("test", Create(Size), options);
        if (engine is null)
        {
            await body(export);
            return;
        }

        var loop = LoopFactory.Create(engine, new LoopOptions { Name = "blocks-test" });
        loop.Start();
        try
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Post(async _ =>
            {
                try
                {
                    await body(export);
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
            await done.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            await loop.StopAsync();
        }
    }

    private static byte[] Pinned(int length) => GC.AllocateArray<byte>(length, pinned: true);

    private static byte[] Pattern(int length, int seed)
    {
        var data = Pinned(length);
        new Random(seed).NextBytes(data);
        return data;
    }

    private static async Task<byte[]> ReadAll(BlockExport export, long offset, int length)
    {
        var buffer = Pinned(length);
        Array.Fill(buffer, (byte)0xEE);
        Assert.Equal(Errno.None, await export.Read(buffer, offset));
        return buffer;
    }

    private static async Task<List<BlockExtent>> AllExtents(BlockExport export)
    {
        var all = new List<BlockExtent>();
        for (long at = 0; at < export.Info.Size;)
        {
            var before = all.Count;
            Assert.Equal(Errno.None, await export.Extents(at, export.Info.Size - at, 8, all));
            Assert.InRange(all.Count - before, 1, 8);
            Assert.All(all.Skip(before), e => Assert.True(e.Length > 0));
            at += all.Skip(before).Sum(e => e.Length);
        }

        return all;
    }
}
