using System.Text;

namespace Pentode.Locks.Stores.Etcd.Wire;

/// <summary>
/// Reads the fields of one protocol buffers message. Sticky: after the first malformed byte every read gives nothing and
/// <see cref="IsBroken"/> is true. Unknown fields are skipped by <see cref="Next"/> callers through <see cref="Skip"/>.
/// </summary>
internal ref struct ProtoReader
{
    private ReadOnlySpan<byte> _rest;
    private int _wireType;

    /// <summary>Starts at the first byte of the message.</summary>
    public ProtoReader(ReadOnlySpan<byte> message)
    {
        _rest = message;
        _wireType = -1;
        IsBroken = false;
    }

    /// <summary>True once something did not decode.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Moves to the next field and gives its number; false at the end or when broken.</summary>
    public bool Next(out int field)
    {
        field = 0;
        if (IsBroken || _rest.IsEmpty)
            return false;
        var key = Varint();
        field = (int)(key >> 3);
        _wireType = (int)(key & 7);
        if (!IsBroken && (key >> 3) is > 0 and <= 0x1fffffff && _wireType is 0 or 1 or 2 or 5)
            return true;
        Break();
        return false;
    }

    /// <summary>The value of a varint field.</summary>
    public long Number()
    {
        if (_wireType == 0)
            return (long)Varint();
        Break();
        return 0;
    }

    /// <summary>The value of a bool field.</summary>
    public bool Flag() => Number() != 0;

    /// <summary>The value of a bytes, string or message field: a slice of the message.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        if (_wireType != 2)
        {
            Break();
            return default;
        }

        var length = Varint();
        if (IsBroken || length > (ulong)_rest.Length)
        {
            Break();
            return default;
        }

        var value = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return value;
    }

    /// <summary>The value of a string field.</summary>
    public string Text() => Encoding.UTF8.GetString(Bytes());

    /// <summary>Passes over the value of a field that is not wanted.</summary>
    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                Varint();
                break;
            case 2:
                Bytes();
                break;
            default:
                var size = _wireType == 1 ? 8 : 4;
                if (_rest.Length < size)
                    Break();
                else
                    _rest = _rest[size..];
                break;
        }
    }

    /// <summary>Marks the message as malformed; for callers whose field holds an impossible value.</summary>
    public void Break()
    {
        IsBroken = true;
        _rest = default;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < 10 && i < _rest.Length; i++)
        {
            var octet = _rest[i];
            if (i == 9 && octet > 1)
                break;
            value |= (ulong)(octet & 0x7f) << (7 * i);
            if (octet < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }

        Break();
        return 0;
    }
}
